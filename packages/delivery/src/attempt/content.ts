import type { Lease, QueueStore } from '@angarium/queue'

/** Reads the content of a lease from its first octet, as often as it is called. Iteration rejects as the store does. */
export type ReadContent = () => AsyncIterable<Uint8Array>

/** The content of a lease: what it brought along, or what the store has. */
export function contentOf({ id, body }: Lease, store: Pick<QueueStore, 'read'>): ReadContent {
  return () => (body === undefined ? store.read(id) : single(body))
}

async function* single(octets: Uint8Array): AsyncIterable<Uint8Array> {
  yield octets
}
