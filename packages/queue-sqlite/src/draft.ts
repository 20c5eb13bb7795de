import type { Accepted, CommitOptions, Draft, Envelope, QueueId } from '@angarium/queue'
import { checkCommit, misuse } from '@angarium/queue/lifecycle'
import type { Memory } from './bodies/memory.ts'
import { joined, pieceOctets } from './bodies/memory.ts'
import type { Filing, Vault } from './bodies/vault.ts'

/** A content that is whole: in memory, there until the commit is over, or filed and waiting for its name. */
export type Content =
  | { readonly kind: 'memory'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'filing'; readonly filing: Filing }

/** Gathers octets in memory up to `limit`, beyond that in a file while they arrive. */
export function createDraft(
  id: QueueId,
  vault: Vault,
  memory: Memory,
  limit: number,
  commit: (content: Content, envelope: Envelope, options: CommitOptions) => Promise<Accepted>,
): Draft {
  const pieces: Uint8Array[] = []
  /** Octets in all, and in the last piece. */
  let length = 0
  let used = pieceOctets
  let filing: Promise<Filing> | undefined
  let last: Promise<void> = Promise.resolve()
  let over = false

  const keep = (octets: Uint8Array): void => {
    for (let at = 0; at < octets.length; ) {
      if (used === pieceOctets) {
        pieces.push(memory.take())
        used = 0
      }
      const part = octets.subarray(at, at + pieceOctets - used)
      pieces.at(-1)?.set(part, used)
      used += part.length
      at += part.length
    }
    length += octets.length
  }
  const held = (): readonly Uint8Array[] =>
    pieces.map((piece, at) => (at === pieces.length - 1 ? piece.subarray(0, used) : piece))
  const release = (): void => memory.give(pieces.splice(0))
  const file = async (octets: Uint8Array): Promise<void> => {
    if (filing === undefined) {
      filing = vault.begin()
      const first = joined(held())
      release()
      await (await filing).write(first)
    }
    await (await filing).write(octets)
  }
  return {
    id,
    write(octets) {
      if (over) throw misuse('write', 'the draft is over')
      if (filing === undefined && length + octets.length <= limit) return keep(octets)
      const mine = last.then(() => file(octets))
      last = mine
      // It is the writer's to hear of; a commit hears of it again.
      mine.catch(() => undefined)
      return mine
    },
    async commit(envelope, options = {}) {
      if (over) throw misuse('commit', 'the draft is over')
      checkCommit(envelope, options)
      over = true
      await last
      if (filing !== undefined) return commit({ kind: 'filing', filing: await filing }, envelope, options)
      const whole = held()
      const taken = pieces.splice(0)
      try {
        return await commit({ kind: 'memory', pieces: whole }, envelope, options)
      } finally {
        memory.give(taken)
      }
    },
    async abort() {
      over = true
      try {
        await last
      } catch {
        // It is given up either way.
      }
      release()
      const begun = await filing?.catch(() => undefined)
      await begun?.discard()
    },
  }
}
