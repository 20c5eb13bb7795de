/** Bounds on one server session. Times in milliseconds, defaults after RFC 5321 4.5.3.2. */
export interface ServerLimits {
  /** Content octets of one message. */
  readonly messageOctets: number
  /** Recipients of one transaction; more get 452. @rfc 5321 4.5.3.1.8 */
  readonly recipients: number
  /** MAIL commands of one session, accepted or not; the next is answered 421. @rfc 9422 4.1 */
  readonly transactions: number
  /** From the moment a command is awaited to its line end. */
  readonly commandMs: number
  /** Content must flow at `contentRate` after this grace. */
  readonly contentGraceMs: number
  /** Octets a second. */
  readonly contentRate: number
  /** The whole session; a transaction under way when it runs out is cut. */
  readonly sessionMs: number
  /** Refused commands in one session. */
  readonly errors: number
  /** Commands between two messages that carry no mail forward (NOOP, RSET, VRFY, hello). */
  readonly idleCommands: number
}

/** What a server takes where nothing else is said: 50 MiB, 1000 recipients, the times of RFC 5321 4.5.3.2. */
export const serverLimits: ServerLimits = {
  messageOctets: 50 * 1024 * 1024,
  recipients: 1000,
  transactions: Number.POSITIVE_INFINITY,
  commandMs: 300_000,
  contentGraceMs: 180_000,
  contentRate: 500,
  sessionMs: 7_200_000,
  errors: 20,
  idleCommands: 100,
}

/** Octets of an over-long line that are dropped before the session gives up on it. */
export const ENDLESS_LINE_OCTETS = 65_536
