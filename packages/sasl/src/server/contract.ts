import type { Channel } from '../channel.ts'
import type { ScramHash, ScramVerifier } from '../scram/verifier.ts'
import type { Secret } from '../secret.ts'

/** Who logged in. */
export interface Identity {
  /** Authentication identity: whose password, token or certificate it was, prepared by SASLprep. */
  readonly authcid: string
  /** Authorization identity: whom the client acts as; the same as `authcid` unless it asked for another. */
  readonly authzid: string
}

/**
 * Why an exchange failed. The peer gets a generic text; what it may be told apart is the protocol's choice.
 *
 * - `malformed`: the response is not the mechanism's.
 * - `too-long`: it is longer than {@link maxMessageOctets}.
 * - `unexpected-initial-response`: the server speaks first in this mechanism.
 * - `refused`: unknown user, wrong password, bad token, or a name that SASLprep refuses.
 * - `not-authorized`: authenticated, but may not act as the identity asked for.
 * - `channel-binding`: binding data differ, their type is unknown, or the client was made to believe that we have none.
 * - `unavailable`: the caller could not find out; the client may come again.
 * - `cancelled`: the client gave up.
 */
export type ServerFailure =
  | 'malformed'
  | 'too-long'
  | 'unexpected-initial-response'
  | 'refused'
  | 'not-authorized'
  | 'channel-binding'
  | 'unavailable'
  | 'cancelled'

/** Yes, no, or could not be found out. */
export type Verdict = 'accepted' | 'refused' | 'unavailable'

/** What the resource server says about a token it refuses; sent to the client as JSON. @rfc 7628 3.2.2 */
export interface TokenRefusal {
  /** From the OAuth error registry: `invalid_token`, `insufficient_scope`, ... */
  readonly status: string
  /** One scope that would do. */
  readonly scope?: string
  /** URL (https) of the OpenID provider configuration. */
  readonly openidConfiguration?: string
}

/** What a server's exchange may have to ask its caller, each with its answer. */
export interface Needs {
  /**
   * Does this password, prepared by SASLprep, belong to this user? An unknown one has to cost what a known one does: see
   * `checkPassword`.
   */
  readonly password: {
    readonly ask: { readonly authcid: string; readonly password: Secret }
    readonly answer: Verdict
  }
  /** The SCRAM verifier of a user; `unknown` (also for a disabled one) lets the exchange go on to a refusal. */
  readonly verifier: {
    readonly ask: { readonly authcid: string; readonly hash: ScramHash }
    readonly answer: ScramVerifier | 'unknown' | 'unavailable'
  }
  /** The password of a user, which CRAM-MD5 cannot do without. */
  readonly secret: {
    readonly ask: { readonly authcid: string }
    readonly answer: Secret | 'unknown' | 'unavailable'
  }
  /**
   * Whose token is this? It may be empty: the client asks what it needs. `host` and `port` are those it says it
   * connected to, and have to be ours where they are given.
   */
  readonly token: {
    readonly ask: {
      readonly token: Secret
      readonly authzid: string
      readonly host: string | undefined
      readonly port: number | undefined
    }
    readonly answer: { readonly authcid: string } | { readonly refused: TokenRefusal } | 'unavailable'
  }
  /** Under which local name may somebody come in who says no more than `trace` (up to 255 characters, unverified)? */
  readonly anonymous: {
    readonly ask: { readonly trace: string }
    readonly answer: { readonly authcid: string } | 'refused' | 'unavailable'
  }
  /** May this authenticated user act as that one? Asked only when they differ. */
  readonly authorization: {
    readonly ask: { readonly authcid: string; readonly authzid: string }
    readonly answer: Verdict
  }
}

/** Names of what can be needed. */
export type NeedKind = keyof Needs

/** One question to the caller. */
export type Need<K extends NeedKind = NeedKind> = { readonly [P in K]: { readonly kind: P } & Needs[P]['ask'] }[K]

/** What answers a need. */
export type NeedAnswer<K extends NeedKind = NeedKind> = Needs[K]['answer']

/** What happens next. `success` and `failure` end the exchange. */
export type ServerStep =
  /** Send this and hand the client's answer to `next`. The octets are the caller's own and may be none. */
  | { readonly kind: 'challenge'; readonly octets: Uint8Array }
  /** Find out and call `answer`. */
  | { readonly kind: 'need'; readonly need: Need }
  | { readonly kind: 'success'; readonly identity: Identity }
  | { readonly kind: 'failure'; readonly reason: ServerFailure }

/**
 * One log-in, seen from the server. Each call gives one step; a call that does not fit the last step throws
 * `SASL_MISUSE`. Data that a mechanism sends with its success go out as one more challenge, to which the client's
 * response is empty, so that protocols without room for them (SMTP, IMAP, POP3) need nothing special.
 *
 * @rfc 4422 3
 */
export interface ServerExchange {
  /** Name of the mechanism. */
  readonly mechanism: string
  /**
   * Opens the exchange.
   * @param initial the initial response: `undefined` when there was none, empty when it was sent and empty. Not kept.
   */
  start(initial?: Uint8Array): ServerStep
  /** Hands over the client's response to the last challenge; it is not kept. */
  next(response: Uint8Array): ServerStep
  /** Answers the need of the last step. */
  answer<K extends NeedKind>(need: Need<K>, answer: NeedAnswer<K>): ServerStep
  /** The client gives up, in the place of `next`. */
  cancel(): ServerStep
}

/** The mechanisms a server has. */
export interface SaslServer {
  /** Names to announce on this channel, strongest first. */
  offer(channel: Channel): readonly string[]
  /**
   * Begins an exchange.
   * @param mechanism the name as the client sent it, in any case.
   * @returns `undefined` for a mechanism that is not offered on this channel.
   */
  begin(mechanism: string, channel: Channel): ServerExchange | undefined
}

/** What a mechanism's script may use. */
export interface ServerContext {
  readonly channel: Channel
  /** Names of all mechanisms that were offered on this channel. */
  readonly offered: readonly string[]
  /** An unpredictable text that never comes twice: printable ASCII without comma. */
  nonce(): string
}

/** What a script yields: a challenge, which gives it the response, or a need, which gives it the answer. */
export type ServerAsk = Exclude<ServerStep, { readonly kind: 'success' | 'failure' }>

/** How a script ends. */
export type ServerEnd = Exclude<ServerStep, ServerAsk>

/**
 * A mechanism's server half, told from beginning to end. It yields by `yield* challenge(...)` and `yield* ask(...)`
 * only. Responses it is given are at most {@link maxMessageOctets} long and must not be kept.
 */
export type ServerScript = Generator<ServerAsk, ServerEnd, unknown>

/** One mechanism, server half. */
export interface ServerMechanism {
  /** As registered: A-Z, digits, hyphen and underscore, at most 20. @rfc 4422 3.1 */
  readonly name: string
  /** Its place when mechanisms are offered, strongest first; see `strength`. */
  readonly strength: number
  /** Whether it can be offered here. */
  available(channel: Channel): boolean
  /** Runs one exchange. `initial` is as in `ServerExchange.start`. */
  run(context: ServerContext, initial: Uint8Array | undefined): ServerScript
}

/** The longest message either half takes, in octets before base64. @rfc 4954 4 */
export const maxMessageOctets = 12288
