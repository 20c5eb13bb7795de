import { type ContentTraits, createContentSurvey } from '@angarium/imf-parser/transfer'
import type { Lease, QueueStore } from '@angarium/queue'

/** Reads the content of a lease from its first octet, as often as it is called. Iteration rejects as the store does. */
export type ReadContent = () => AsyncIterable<Uint8Array>

/** The content of a lease: what it brought along, or what the store has. */
export function contentOf({ id, body }: Lease, store: Pick<QueueStore, 'read'>): ReadContent {
  return () => (body === undefined ? store.read(id) : single(body))
}

/** What content asks of the hosts it is sent to. Reads all of it, and keeps none; rejects as iteration does. */
export async function survey(content: AsyncIterable<Uint8Array>): Promise<ContentTraits> {
  const found = createContentSurvey()
  for await (const chunk of content) found.push(chunk)
  return found.finish()
}

/** One chunk. */
export async function* single(octets: Uint8Array): AsyncIterable<Uint8Array> {
  yield octets
}
