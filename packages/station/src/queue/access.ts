import { callAdmin, HostError } from '@angarium/host'
import type { Finding } from '../store.ts'
import type { QueueAnswers, QueueCalls } from './calls.ts'
import { type QueueDesk, queueProcedures } from './procedures.ts'

/** Calls what {@link queueProcedures} offers, wherever it is. */
export type QueueAccess = <K extends keyof QueueCalls>(
  procedure: K,
  input: QueueCalls[K],
) => AsyncIterable<QueueAnswers[K]>

/** A queue that no server has open. */
export interface ClosedQueue extends QueueDesk {
  /** Without opening the store. */
  check(input: QueueCalls['check']): AsyncIterable<Finding>
}

/**
 * Runs `work` with access to a queue: through the server that has it open or, when none runs, to its store, which is
 * opened when it is needed and closed after.
 *
 * @throws what opening the store throws: QUEUE_LOCKED when somebody has it who does not answer on the socket.
 * @throws HostError HOST_ADMIN_UNREACHABLE where no server runs, from a call that only one can answer
 */
export async function withQueue<T>(
  socket: string,
  queue: ClosedQueue,
  work: (call: QueueAccess) => Promise<T>,
): Promise<T> {
  const through = (call: (procedure: keyof QueueCalls, input: unknown) => AsyncIterable<unknown>): Promise<T> =>
    work(call as QueueAccess)
  if (await serverAnswers(socket)) return through((procedure, input) => callAdmin(socket, procedure, input))
  const procedures = queueProcedures(queue)
  let opening: Promise<void> | undefined
  try {
    return await through(async function* (procedure, input) {
      if (procedure === 'check') return yield* queue.check(input as QueueCalls['check'])
      const run = procedures.get(procedure)
      if (run === undefined) throw nobodyAnswers(socket)
      opening ??= queue.store.open()
      await opening
      yield* run(input)
    })
  } finally {
    if (opening !== undefined) await queue.store.close()
  }
}

function nobodyAnswers(socket: string): HostError {
  const message = `no server answers on ${socket}: nothing is being delivered`
  return new HostError('HOST_ADMIN_UNREACHABLE', message, { path: socket })
}

async function serverAnswers(socket: string): Promise<boolean> {
  try {
    for await (const _ of callAdmin(socket, 'stats', undefined));
    return true
  } catch (error) {
    if (HostError.is(error, 'HOST_ADMIN_UNREACHABLE')) return false
    throw error
  }
}
