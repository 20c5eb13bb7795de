import { callAdmin, HostError } from '@angarium/host'
import type { QueueAnswers, QueueCalls } from './calls.ts'
import { type QueueDesk, queueProcedures } from './procedures.ts'

/** Calls what {@link queueProcedures} offers, wherever it is. */
export type QueueAccess = <K extends keyof QueueCalls>(
  procedure: K,
  input: QueueCalls[K],
) => AsyncIterable<QueueAnswers[K]>

/**
 * Runs `work` with access to a queue: through the server that has it open or, when none runs, to its store, not
 * open before and closed after.
 *
 * @throws what opening the store throws: QUEUE_LOCKED when somebody has it who does not answer on the socket.
 * @throws HostError HOST_ADMIN_UNREACHABLE where no server runs, from a call that only one can answer
 */
export async function withQueue<T>(
  socket: string,
  desk: QueueDesk,
  work: (call: QueueAccess) => Promise<T>,
): Promise<T> {
  if (await serverAnswers(socket))
    return work(<K extends keyof QueueCalls>(procedure: K, input: QueueCalls[K]) => {
      return callAdmin(socket, procedure, input) as AsyncIterable<QueueAnswers[K]>
    })
  await desk.store.open()
  const procedures = queueProcedures(desk)
  try {
    return await work(<K extends keyof QueueCalls>(procedure: K, input: QueueCalls[K]) => {
      const run = procedures.get(procedure)
      if (run === undefined)
        throw new HostError('HOST_ADMIN_UNREACHABLE', `no server answers on ${socket}: nothing is being delivered`, {
          path: socket,
        })
      return run(input) as AsyncIterable<QueueAnswers[K]>
    })
  } finally {
    await desk.store.close()
  }
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
