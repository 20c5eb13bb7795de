import type { ClientPhase, Loss, Offers, OutgoingTransaction, RecipientResult } from '../client/contract.ts'
import type { Reply } from '../reply/reply.ts'
import type { TlsInfo, TlsOptions, Transport } from './transport.ts'

/** Content to send: octets with CRLF line ends, not dot-stuffed. A chunk is not touched after the next is asked for. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>

/** One transaction of a driven client. */
export interface Outgoing extends OutgoingTransaction {
  readonly content: Content
  /**
   * Asked when all content is sent, just before the final dot. `false` ends the session without the dot: nothing is
   * delivered. This is where a lease is renewed.
   */
  readonly beforeEnd?: () => Promise<boolean>
}

/** What became of a transaction. */
export interface TransactionReport {
  /** In the order of the recipients given. */
  readonly recipients: readonly RecipientResult[]
  /** The session may take another transaction. */
  readonly usable: boolean
}

/** How an attempt to open a session came out. */
export type Opening =
  | { readonly kind: 'open'; readonly connection: ClientConnection }
  /** The server said no to the connection or to the hello; the transport is closed. */
  | { readonly kind: 'refused'; readonly reply: Reply; readonly phase: ClientPhase }
  | { readonly kind: 'lost'; readonly loss: Loss; readonly phase: ClientPhase }

/** How STARTTLS came out. After `lost` the connection is closed. */
export type Securing =
  | { readonly kind: 'secured'; readonly tls: TlsInfo }
  /** Not offered (no `reply`), or refused; the session goes on in clear. */
  | { readonly kind: 'refused'; readonly reply?: Reply }
  | { readonly kind: 'lost'; readonly loss: Loss; readonly because?: string }

/** A session with a server, past its hello. One call at a time; nothing rejects for what the server does. */
export interface ClientConnection {
  readonly transport: Transport
  readonly greeting: Reply
  readonly offers: Offers
  readonly tls: TlsInfo | undefined
  /** False once lost, quit, or told 421. */
  readonly usable: boolean
  /** STARTTLS, handshake, and hello anew. @rfc 3207 */
  startTls(options: TlsOptions): Promise<Securing>
  /** One transaction, pipelined where offered. Never sends to fewer recipients than it reports. */
  send(outgoing: Outgoing): Promise<TransactionReport>
  /** Any other command; `undefined` when the session was lost. */
  command(verb: string, argument: string): Promise<Reply | undefined>
  /** RSET, to learn whether an idle session still lives. */
  probe(): Promise<boolean>
  /** QUIT, a short wait for its reply, and the end. Never rejects. */
  quit(): Promise<void>
  /** Ends at once. */
  close(): void
}
