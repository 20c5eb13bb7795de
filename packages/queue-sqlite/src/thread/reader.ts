import { QueueError } from '@angarium/queue'
import type { AuditPage, Errand } from './protocol.ts'
import { startThread } from './start.ts'

/**
 * Has a thread of its own read the database beside the one that writes it, a page at a time.
 *
 * @throws QueueError QUEUE_STORE_FAILED
 */
export async function* readPages(operation: string, errand: Errand): AsyncGenerator<AuditPage> {
  const thread = startThread('reader', errand)
  let answer = Promise.withResolvers<AuditPage | 'done'>()
  let cause: unknown
  thread.on('message', (page: AuditPage | 'done') => answer.resolve(page))
  thread.once('error', (error) => {
    cause = error
  })
  const ended = new Promise<void>((resolve) =>
    thread.once('exit', () => {
      cause ??= new Error('the thread ended')
      answer.reject(cause)
      resolve()
    }),
  )
  try {
    while (cause === undefined) {
      answer = Promise.withResolvers()
      thread.postMessage('next')
      const page = await answer.promise
      if (page === 'done') return
      yield page
    }
    throw cause
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new QueueError('QUEUE_STORE_FAILED', `${operation}: ${text}`, { operation }, { cause: error })
  } finally {
    // The last exit finds nobody who waits.
    answer.promise.catch(() => undefined)
    thread.postMessage('stop')
    await ended
  }
}
