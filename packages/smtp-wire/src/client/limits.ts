import { type ReplyLimits, replyLimits } from '../reply/read-reply.ts'

/** Bounds on one client session. Times in milliseconds, each from the command to its whole reply. @rfc 5321 4.5.3.2 */
export interface ClientLimits {
  readonly greetingMs: number
  /** EHLO, STARTTLS, RSET and other commands RFC 5321 names no time for. */
  readonly commandMs: number
  readonly mailMs: number
  readonly rcptMs: number
  /** DATA to its 354. */
  readonly dataMs: number
  /** From one piece of content to the next, and from a chunk to its reply. */
  readonly contentMs: number
  /** The final dot, or the last chunk, to its reply; under LMTP to each of them. A short time here makes duplicates. */
  readonly endMs: number
  readonly quitMs: number
  /** Octets of commands sent and not answered. A caller that cannot read while it writes sets 4096. @rfc 2920 3.1 */
  readonly groupOctets: number
  readonly reply: ReplyLimits
}

export const clientLimits: ClientLimits = {
  greetingMs: 300_000,
  commandMs: 300_000,
  mailMs: 300_000,
  rcptMs: 300_000,
  dataMs: 120_000,
  contentMs: 180_000,
  endMs: 600_000,
  quitMs: 5_000,
  groupOctets: 16_384,
  reply: replyLimits,
}
