/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** One ESMTP parameter as the peer wrote it: keyword in upper case, value still encoded, `undefined` when it had none. */
export type EsmtpParameter = readonly [keyword: string, value: string | undefined]

/** What happened to a recipient. @rfc 3464 2.3.3 */
export type Action = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/**
 * Service extensions of a host, by EHLO keyword in upper case. A set will do, and so will the offers of a client session.
 */
export interface Offered {
  has(keyword: string): boolean
}

/** A reply kept from a delivery attempt. Remote text: it may hold anything, and is made harmless before it is shown. */
export interface RemoteReply {
  readonly code: number
  /** Enhanced status code such as `5.1.1`, when the peer gave one. */
  readonly status?: string
  readonly text: readonly string[]
  /** Host that said so; absent when the reporting host decided itself. */
  readonly peer?: string
}

/** One recipient to report on. */
export interface ReportRecipient {
  /** Mailbox of the forward-path without angle brackets, as it was accepted. */
  readonly address: string
  /** Of its RCPT command; NOTIFY and ORCPT are read. */
  readonly parameters: readonly EsmtpParameter[]
  readonly action: Action
  /**
   * What the host that took the message offers, for `relayed`, and for `delivered` over LMTP; it decides whether success
   * is reported here. Absent: a mailbox, or a host that knows no extensions.
   */
  readonly offered?: Offered
  /** Enhanced status code. When absent: the reply's own, or a general one that fits the action. */
  readonly status?: string
  /** What the last attempt ended in. */
  readonly reply?: RemoteReply
  /** Host that was to take the message, whether or not it said anything; the `peer` of a reply counts more. Absent: none. */
  readonly remote?: string
  /** In our words, for a human: why there is no reply, or what beside the reply matters. */
  readonly because?: string
  readonly lastAttempt?: Instant
  /** When attempts will end; used for `delayed` only. */
  readonly willRetryUntil?: Instant
  /** What the log of the reporting host calls the message. */
  readonly finalLogId?: string
}

/** The message a report is about. */
export interface ReturnedContent {
  /** The content, or as much of it as was read; at least the whole header if it is to be returned. */
  readonly octets: Uint8Array
  /** False when `octets` is only its beginning: then no more than the header is returned. */
  readonly complete: boolean
}

/** What a report is composed of. Plain data; nothing of it is kept. */
export interface Report {
  /** Fully qualified name of the host that reports. */
  readonly reportingHost: string
  /** Mailbox of the original reverse-path without angle brackets; empty for the null reverse-path. */
  readonly reversePath: string
  /**
   * Of the original MAIL command. RET, ENVID, SMTPUTF8, BY, HOLDFOR, HOLDUNTIL, REQUIRETLS and MT-PRIORITY are read; where
   * the priority was changed on arrival, give the new one.
   */
  readonly parameters: readonly EsmtpParameter[]
  readonly recipients: readonly ReportRecipient[]
  readonly content: ReturnedContent
  /** When MAIL was received: BY counts from there. Owed to whoever asked for BY, HOLDFOR or HOLDUNTIL. */
  readonly arrival?: Instant
  /** Host the message came from. */
  readonly receivedFrom?: string
  readonly now: Instant
  readonly random: ReportRandom
  /** Longer messages come back as their header only. Default 50 000. */
  readonly returnOctets?: number
}

/** Unpredictable octets, for boundary and message identifier. */
export interface ReportRandom {
  bytes(count: number): Uint8Array
}

/** A report, ready to be queued. */
export interface ComposedReport {
  /** The whole message, lines ended by CRLF. The caller's own. */
  readonly content: Uint8Array
  readonly envelope: ReportEnvelope
  /** The content holds octets above 127: it can only go to a peer with 8BITMIME. Also said by `envelope.parameters`. */
  readonly needs8bit: boolean
  /** The recipient's address or the header is not ASCII: it can only go to a peer with SMTPUTF8. */
  readonly needsUtf8: boolean
}

/** How a report is to be sent. @rfc 3461 6.1 */
export interface ReportEnvelope {
  /** Always the null reverse-path. */
  readonly reversePath: ''
  /**
   * For MAIL: `BODY=8BITMIME` and `SMTPUTF8` where needed, `REQUIRETLS` and `MT-PRIORITY` as the message had them. A host
   * without REQUIRETLS does not keep the report from being sent: its reverse-path is null. @rfc 8689 5
   */
  readonly parameters: readonly EsmtpParameter[]
  /** The original sender. */
  readonly recipient: string
}
