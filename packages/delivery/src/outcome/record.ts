import type { RecordedReply } from '@angarium/queue'
import type { Reply } from '@angarium/smtp-wire'

/** A reply as the queue keeps it: bounded, whatever the peer wrote. `peer`: the host that said so. */
export function record({ code, status, text }: Reply, peer?: string): RecordedReply {
  const isShort = text.length <= maxLines && text.every((line) => line.length <= maxOctets)
  const kept = isShort
    ? text
    : text.slice(0, maxLines).map((line) => (line.length > maxOctets ? `${line.slice(0, maxOctets)}...` : line))
  return { code, ...(status && { status }), text: kept, ...(peer !== undefined && { peer }) }
}

/**
 * The enhanced status of a refusal: its own, or one that says no more than its code does.
 *
 * @rfc 3463 2, 3
 * @rfc 5248 2.4
 */
export function statusOf({ code, status }: RecordedReply): string {
  return status ?? `${Math.floor(code / 100)}.${details.get(code) ?? '0.0'}`
}

const maxLines = 16
const maxOctets = 512

/** Codes that mean one thing only. */
const details: ReadonlyMap<number, string> = new Map([
  [421, '3.2'],
  [450, '2.0'],
  [452, '3.1'],
  [454, '7.0'],
  [455, '5.4'],
  [500, '5.2'],
  [501, '5.4'],
  [502, '5.1'],
  [503, '5.1'],
  [504, '5.4'],
  [521, '3.2'],
  [530, '7.0'],
  [553, '1.3'],
  [555, '5.4'],
  [556, '1.10'],
])
