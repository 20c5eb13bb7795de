import type { Forwarded } from '@angarium/esmtp-extensions'
import type { DestinationKey } from '@angarium/queue'
import type {
  AnyExtension,
  AssumedPeer,
  MailParameters,
  RawParameter,
  RcptEvent,
  ReversePath,
} from '@angarium/smtp-wire'
import type { PeerInfo, TlsInfo } from '@angarium/smtp-wire/drive'

/** SMTP, or LMTP of RFC 2033. */
export type Protocol = 'smtp' | 'lmtp'

/** What is known of a session. Never changed: a new value takes its place. */
export interface SessionFacts {
  readonly peer: PeerInfo
  readonly protocol: Protocol
  /** `undefined` in clear. */
  readonly tls: TlsInfo | undefined
  /** `undefined` before the first hello, and again once TLS is up. */
  readonly hello: HelloFacts | undefined
  /** Who authenticated. Forgotten when TLS starts. */
  readonly identity: string | undefined
  /** The client is the one that a trusted proxy speaks for, and this is all the proxy said. */
  readonly assumed?: AssumedPeer
  /** Where the message came from by the word of a trusted filter's client, by attribute. For logs only. */
  readonly forwarded?: Forwarded
}

/** What the client called itself: remote text, though of characters that cannot break a line. */
export interface HelloFacts {
  readonly name: string
  /** EHLO or LHLO. */
  readonly extended: boolean
}

/** What is known of a transaction. Never changed: a new value takes its place with each recipient. */
export interface TransactionFacts<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  readonly session: SessionFacts
  readonly reversePath: ReversePath
  /** Parameters of MAIL as the extensions read them, and as they were written. */
  readonly parameters: MailParameters<X>
  readonly raw: readonly RawParameter[]
  /** Those answered 250, in order. */
  readonly recipients: readonly RecipientFacts<X>[]
}

/** A recipient, and where the recipient policy sends it. */
export interface RecipientFacts<X extends readonly AnyExtension[] = readonly AnyExtension[]>
  extends Omit<RcptEvent<X>, 'kind'> {
  /** Mailbox for the envelope, without brackets. */
  readonly address: string
  readonly destination: DestinationKey
}

/** What stands in place of the address of a client that its proxy does not know. No address, and nobody's friend. */
export const unknownAddress = 'unknown'

/** The client is another than the one connected. What its proxy did not say is not known. */
export function factsOfAssumed(facts: SessionFacts, assumed: AssumedPeer): SessionFacts {
  const { address, port, localAddress, localPort, hello, protocol, identity } = assumed
  const { peer } = facts
  return {
    ...facts,
    peer: {
      address: address === undefined ? peer.address : (address ?? unknownAddress),
      port: port ?? (address === undefined ? peer.port : 0),
      localAddress: localAddress ?? peer.localAddress,
      localPort: localPort ?? peer.localPort,
    },
    hello: hello === undefined ? undefined : { name: hello, extended: protocol !== 'SMTP' },
    identity,
    assumed,
  }
}
