import type { Accepted, CommitOptions, Draft, Envelope, QueueId } from '@angarium/queue'
import { checkCommit, misuse } from '@angarium/queue/lifecycle'
import type { Filing, Vault } from './bodies/vault.ts'

/** A content that is whole: in memory, or filed and waiting for its name. */
export type Content =
  | { readonly kind: 'memory'; readonly octets: Uint8Array }
  | { readonly kind: 'filing'; readonly filing: Filing }

/** Gathers octets in memory up to `limit`, beyond that in a file while they arrive. */
export function createDraft(
  id: QueueId,
  vault: Vault,
  limit: number,
  hint: number,
  commit: (content: Content, envelope: Envelope, options: CommitOptions) => Promise<Accepted>,
): Draft {
  // The hint is a stranger's word: it saves copies, it does not claim memory.
  let buffer: Uint8Array = new Uint8Array(Math.min(Math.max(hint, 1_024), limit))
  let length = 0
  let filing: Promise<Filing> | undefined
  let last: Promise<void> = Promise.resolve()
  let over = false

  const keep = (octets: Uint8Array): void => {
    if (length + octets.length > buffer.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(buffer.length * 2, length + octets.length)))
      larger.set(buffer.subarray(0, length))
      buffer = larger
    }
    buffer.set(octets, length)
    length += octets.length
  }
  const file = async (octets: Uint8Array): Promise<void> => {
    if (filing === undefined) {
      filing = vault.begin()
      const held = buffer.subarray(0, length)
      buffer = new Uint8Array(0)
      await (await filing).write(held)
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
      if (filing === undefined) return commit({ kind: 'memory', octets: buffer.subarray(0, length) }, envelope, options)
      const content = { kind: 'filing', filing: await filing } as const
      return commit(content, envelope, options)
    },
    async abort() {
      over = true
      buffer = new Uint8Array(0)
      try {
        await last
      } catch {
        // It is given up either way.
      }
      const begun = await filing?.catch(() => undefined)
      await begun?.discard()
    },
  }
}
