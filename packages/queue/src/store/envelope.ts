/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** A span of time in milliseconds. */
export type Millis = number

/** Names one accepted message. Made by the store, unique within it for ever, safe in a file name, a log line and a Received field. */
export type QueueId = string & { readonly __brand: 'QueueId' }

/**
 * What the scheduler groups work by: a lower-case domain, or the name of a configured route.
 * Two recipients with the same key can share one transaction with one peer.
 */
export type DestinationKey = string

/** One ESMTP parameter as the peer wrote it: keyword in upper case, value still encoded, `undefined` when it had none. */
export type EnvelopeParameter = readonly [keyword: string, value: string | undefined]

/** The envelope exactly as received; attempts read it, nothing rewrites it. @rfc 5321 2.3.1 */
export interface Envelope {
  /** Mailbox of the reverse-path without angle brackets; empty for the null reverse-path. */
  readonly reversePath: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly recipients: readonly EnvelopeRecipient[]
}

/** One recipient of an {@link Envelope}. */
export interface EnvelopeRecipient {
  /** Mailbox of the forward-path without angle brackets and source route. */
  readonly address: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly destination: DestinationKey
}

/** A reply kept for a later report, a log line or `queue show`. Remote text: escape it wherever it is shown. */
export interface RecordedReply {
  readonly code: number
  /** Enhanced status code such as `5.1.1`, when the peer gave one. @rfc 3463 */
  readonly status?: string
  readonly text: readonly string[]
  /** Host that said so; absent when we decided ourselves. */
  readonly peer?: string
}
