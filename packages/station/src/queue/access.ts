import { callAdmin, HostError } from '@angarium/host'
import type { Log, QueueStore } from '@angarium/queue'
import { type QueueCalls, queueProcedures } from './procedures.ts'

/** Calls what {@link queueProcedures} offers, wherever it is. */
export type QueueAccess = <K extends keyof QueueCalls>(procedure: K, input: QueueCalls[K]) => AsyncIterable<unknown>

/**
 * Runs `work` with access to a queue: through the server that has it open or, when none runs, to its store, not
 * open before and closed after.
 *
 * @throws what opening the store throws: QUEUE_LOCKED when somebody has it who does not answer on the socket.
 */
export async function withQueue<T>(
  socket: string,
  store: QueueStore,
  log: Log,
  work: (call: QueueAccess) => Promise<T>,
): Promise<T> {
  if (await serverAnswers(socket)) return work((procedure, input) => callAdmin(socket, procedure, input))
  await store.open()
  const procedures = queueProcedures(store, log)
  try {
    return await work((procedure, input) => {
      const run = procedures.get(procedure)
      if (run === undefined) throw new TypeError(`no procedure ${procedure}`)
      return run(input)
    })
  } finally {
    await store.close()
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
