import type { Lease, QueueStore } from '@angarium/queue'

/** Reads the content of a lease from its first octet, as often as it is called. Iteration rejects as the store does. */
export type ReadContent = () => AsyncIterable<Uint8Array>

/** The content of a lease: what it brought along, or what the store has. */
export function contentOf({ id, body }: Lease, store: Pick<QueueStore, 'read'>): ReadContent {
  return () => (body === undefined ? store.read(id) : single(body))
}

/** Whether there is an octet above 127. Reads no further than the first; rejects as iteration does. */
export async function hasEightBit(content: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const chunk of content)
    for (let at = 0; at < chunk.length; at++) if ((chunk[at] as number) > 127) return true
  return false
}

async function* single(octets: Uint8Array): AsyncIterable<Uint8Array> {
  yield octets
}
