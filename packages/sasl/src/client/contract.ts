import type { Channel } from '../channel.ts'
import type { TokenRefusal } from '../server/contract.ts'

/**
 * Why a client gives up; it then cancels (SMTP: `*`), or ends the connection if the server has already said yes.
 *
 * - `malformed`: the challenge is not the mechanism's.
 * - `too-long`: it is longer than `maxMessageOctets`.
 * - `unexpected-challenge`: the exchange has no more.
 * - `refused`: the server said so inside the mechanism.
 * - `weak`: iterations fewer than we allow (or so many that they would hurt us).
 * - `server-unverified`: the server did not prove that it knows the password. Do not trust it.
 */
export type ClientFailure = 'malformed' | 'too-long' | 'unexpected-challenge' | 'refused' | 'weak' | 'server-unverified'

/** What happens next on the client's side. */
export type ClientStep =
  /**
   * Send this, which may be empty. With `refusal`, the server has refused a token and said why; after this response it
   * will fail the exchange.
   */
  | { readonly kind: 'respond'; readonly octets: Uint8Array; readonly refusal?: TokenRefusal }
  | { readonly kind: 'abort'; readonly reason: ClientFailure }

/**
 * One log-in, seen from the client. A call that does not fit throws `SASL_MISUSE`.
 * @rfc 4422 3
 */
export interface ClientExchange {
  /** Name of the mechanism. */
  readonly mechanism: string
  /**
   * The initial response: `undefined` when the server speaks first. A protocol that cannot carry it in its first command
   * sends it in answer to the server's first, empty challenge.
   */
  start(): Uint8Array | undefined
  /** Hands over a challenge; it is not kept. */
  next(challenge: Uint8Array): ClientStep
  /**
   * The server reports success.
   * @returns `undefined` when that is in order, otherwise why it must not be believed.
   */
  succeed(): ClientFailure | undefined
}

/** The mechanisms a client has, with its credentials. */
export interface SaslClient {
  /**
   * Begins an exchange with the strongest mechanism that both sides have.
   *
   * @param offered what the server announced, in any case.
   * @param passedOver names of mechanisms not to use, such as those the server turned out not to do. A password refused
   *   in one mechanism will be in all: do not go on to a weaker one for that.
   * @returns `undefined` when none is left.
   */
  begin(offered: Iterable<string>, channel: Channel, passedOver?: ReadonlySet<string>): ClientExchange | undefined
}

/** What a mechanism's script may use. */
export interface ClientContext {
  readonly channel: Channel
  /** Mechanisms the server announced, in upper case. */
  readonly offered: ReadonlySet<string>
  /** An unpredictable text that never comes twice: printable ASCII without comma. */
  nonce(): string
}

/** What a script yields for the challenge it was given; the next challenge is what `yield` gives back. */
export interface ClientSay {
  /** The response; `undefined` only as a script's first word, when the server speaks first. */
  readonly octets: Uint8Array | undefined
  /** The server may report success after this. */
  readonly complete: boolean
  readonly refusal?: TokenRefusal
}

/** A mechanism's client half, told from beginning to end. It returns only to give up. */
export type ClientScript = Generator<ClientSay, ClientFailure, Uint8Array>

/** One mechanism, client half, with the credentials it uses. */
export interface ClientMechanism {
  /** As registered. @rfc 4422 3.1 */
  readonly name: string
  /** Its place among those a server offers, strongest first; see `strength`. */
  readonly strength: number
  /** Whether it may be used here, where the server offers it among others (names in upper case). */
  available(channel: Channel, offered: ReadonlySet<string>): boolean
  /** Runs one exchange. */
  run(context: ClientContext): ClientScript
}
