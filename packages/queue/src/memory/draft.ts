import { checkCommit, misuse } from '../store/check.ts'
import type { Accepted, CommitOptions, Draft, Envelope, QueueId } from '../store/contract.ts'

/** A draft that keeps its octets and hands them over whole. */
export function createMemoryDraft(
  id: QueueId,
  commit: (content: Uint8Array, envelope: Envelope, options: CommitOptions) => Promise<Accepted>,
): Draft {
  let chunks: Uint8Array[] | undefined = []
  let size = 0
  return {
    id,
    write(octets) {
      if (chunks === undefined) throw misuse('write', 'the draft is over')
      chunks.push(octets.slice())
      size += octets.length
    },
    async commit(envelope, options = {}) {
      if (chunks === undefined) throw misuse('commit', 'the draft is over')
      checkCommit(envelope, options)
      const content = joined(chunks, size)
      chunks = undefined
      return commit(content, envelope, options)
    },
    async abort() {
      chunks = undefined
    },
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const content = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    content.set(chunk, at)
    at += chunk.length
  }
  return content
}
