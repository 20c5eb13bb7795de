import type { ClientPhase, Loss, OutgoingTransaction, RecipientResult } from '../client/contract.ts'
import type { ClientLimits } from '../client/limits.ts'
import type { AnyExtension, Offers } from '../extension/types.ts'
import type { Reply } from '../reply/reply.ts'
import type { AbortLike, Clock } from './environment.ts'
import type { Soon } from './handler.ts'
import type { TlsInfo, TlsOptions, Transport } from './transport.ts'

/** Content to send: octets with CRLF line ends, not dot-stuffed. A chunk is not touched after the next is asked for. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>

/** What a client session is driven with. */
export interface ConnectOptions {
  /** Name this host greets with. */
  readonly hostname: string
  /** Their client halves plan each transaction. */
  readonly extensions: readonly AnyExtension[]
  readonly clock: Clock
  readonly limits?: Partial<ClientLimits>
  /** Default `smtp`. @rfc 2033 */
  readonly protocol?: 'smtp' | 'lmtp'
  /** Gives up opening when it fires. */
  readonly signal?: AbortLike
}

/** One transaction of a driven client. */
export interface Outgoing extends OutgoingTransaction {
  readonly content: Content
  /**
   * Asked just before the final dot. `false` ends the session without the dot: nothing is delivered. While a promise is
   * waited for all content is on its way; answered at once, small content and the dot leave as one write. This is where
   * a lease is renewed.
   */
  readonly beforeEnd?: () => Soon<boolean>
  /** Gives up when it fires: before the final dot nothing is delivered, behind it nobody knows. */
  readonly signal?: AbortLike
}

/** What became of a transaction. */
export interface TransactionReport {
  /** In the order of the recipients given. */
  readonly recipients: readonly RecipientResult[]
  /** The session may take another transaction. */
  readonly usable: boolean
  /** What reading the content or `beforeEnd` threw, or a WireError BARE_LINE_END for content that must not be sent. */
  readonly error?: unknown
}

/** How an attempt to open a session came out. */
export type Opening =
  | { readonly kind: 'open'; readonly connection: ClientConnection }
  /** The server said no to the connection or to the hello; the transport is closed. */
  | { readonly kind: 'refused'; readonly reply: Reply; readonly phase: ClientPhase }
  | { readonly kind: 'lost'; readonly loss: Loss; readonly phase: ClientPhase; readonly reply?: Reply }

/** How STARTTLS came out. After `lost` the connection is closed. */
export type Securing =
  | { readonly kind: 'secured'; readonly tls: TlsInfo }
  /** Not offered or under way already (no `reply`), or refused; the session goes on in clear. */
  | { readonly kind: 'refused'; readonly reply?: Reply }
  /** `because`: the handshake's own word, a code where it has one. `reply`: what the server said, if it did. */
  | { readonly kind: 'lost'; readonly loss: Loss; readonly because?: string; readonly reply?: Reply }

/**
 * A session with a server, past its hello. One call at a time, else WireError SESSION_MISUSE; nothing rejects for what
 * the server does. Between calls the connection is still read: `usable` tells when the server has gone.
 */
export interface ClientConnection {
  readonly transport: Transport
  readonly greeting: Reply
  readonly offers: Offers
  readonly tls: TlsInfo | undefined
  /** False once lost, quit, or told 421. */
  readonly usable: boolean
  /** STARTTLS, handshake, and hello anew. @rfc 3207 */
  startTls(options: TlsOptions): Promise<Securing>
  /**
   * One transaction, pipelined where offered. Replies are read while content is written, so a server that refuses early
   * stops the flow. Content that cannot be read, or holds a CR or LF alone, is `given-up`: the connection is cut before
   * the final dot.
   *
   * @throws WireError UNSAFE_TEXT (as a rejection) for an envelope that fits no command line; nothing was sent
   */
  send(outgoing: Outgoing): Promise<TransactionReport>
  /** Any other command; `undefined` when the session was lost. */
  command(verb: string, argument: string): Promise<Reply | undefined>
  /** The line that answers a 334 to `command`; `undefined` when the session was lost. Rejects as the session throws. @rfc 4954 4 */
  respond(line: string): Promise<Reply | undefined>
  /** RSET, to learn whether an idle session still lives. */
  probe(): Promise<boolean>
  /** QUIT, a short wait for its reply, and the end. Never rejects. */
  quit(): Promise<void>
  /** Ends at once. */
  close(): void
}
