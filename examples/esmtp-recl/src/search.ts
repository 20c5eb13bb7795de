import { createHeaderScanner, stripComments } from '@angarium/imf-parser'
import type { Entry, QueueStore } from '@angarium/queue'
import { isVerifiedBy, readVerification } from './verification.ts'

/**
 * Messages of this sender in the queue that are the one asked for: by Message-ID, and by the secret whose hash the message
 * carries. A message that does not show both is not found. Section 4.
 *
 * The queue has no index of Message-IDs: each message of the sender is looked at, up to a bound.
 */
export async function findMessages(
  store: QueueStore,
  reversePath: string,
  messageId: string,
  guid: string,
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  let looked = 0
  for await (const entry of store.scan({ reversePath })) {
    if (entry.kind !== 'message') continue
    if (looked++ === LOOKED_AT) break
    if (await isTheOne(store.read(entry.id), messageId, guid)) found.push(entry)
  }
  return found
}

/** Messages of one sender that one request looks at. */
const LOOKED_AT = 1_000

/** Reads no further than the header. One of each field is expected; of several, the message is not sure who it is. */
async function isTheOne(content: AsyncIterable<Uint8Array>, messageId: string, guid: string): Promise<boolean> {
  const scanner = createHeaderScanner()
  const ids: string[] = []
  const proofs: string[] = []
  /** Whether the header is over. */
  const look = (): boolean => {
    for (let step = scanner.next(); ; step = scanner.next()) {
      if (step.kind === 'need-more') return false
      if (step.kind === 'end' || step.kind === 'fault') return true
      if (step.kind !== 'field') continue
      if (step.is('Message-ID')) ids.push(step.text)
      else if (step.is('Message-Verification')) proofs.push(step.text)
    }
  }
  let over = false
  try {
    for await (const octets of content) {
      scanner.feed(octets)
      over = look()
      if (over) break
    }
  } catch {
    // Gone or corrupt meanwhile: not found.
    return false
  }
  if (!over) {
    scanner.finish()
    look()
  }
  const [id] = ids
  const [proof] = proofs
  if (id === undefined || proof === undefined || ids.length > 1 || proofs.length > 1) return false
  const verification = readVerification(bare(proof))
  return bare(id) === messageId && verification !== undefined && isVerifiedBy(verification, guid)
}

/** Without comments and the white space around; nothing where they are broken. */
const bare = (text: string): string => stripComments(text)?.trim() ?? ''
