import type { ReturnedContent } from '@angarium/dsn'
import type { Lease, Log, QueueStore } from '@angarium/queue'

/**
 * Reads as much of a message as a report may return: all of it up to `limit` octets, or its beginning. A message that
 * cannot be read is reported on without its content.
 */
export async function original(
  { id, size, body }: Lease,
  store: Pick<QueueStore, 'read'>,
  limit: number,
  log: Log,
): Promise<ReturnedContent> {
  if (body !== undefined) return { octets: body, complete: true }
  const octets = new Uint8Array(Math.min(size, limit))
  let length = 0
  try {
    for await (const chunk of store.read(id)) {
      const part = chunk.subarray(0, octets.length - length)
      octets.set(part, length)
      length += part.length
      if (length === octets.length) break
    }
  } catch (error) {
    log.warn('content-unreadable', { id, error })
    length = 0
  }
  return { octets: octets.subarray(0, length), complete: length === size }
}
