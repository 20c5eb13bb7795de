import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { Refusal, Reply } from '../reply/reply.ts'
import type { ServerLimits } from '../server/limits.ts'

/** One parameter of MAIL or RCPT: its grammar both ways. */
export interface ParameterCodec<V> {
  /** What the parameter may add to the command line, blank included. */
  readonly maxOctets: number
  /** The meaning of what stood behind "=" (`undefined`: no "="). `undefined` back: broken, answered 501. */
  parse(value: string | undefined): V | undefined
  /** The text behind "=", or `undefined` for a keyword alone. */
  format(value: V): string | undefined
}

/** Parameters by keyword, upper case. */
// biome-ignore lint/suspicious/noExplicitAny: the value type is inferred from each codec
export type ParameterSet = Readonly<Record<string, ParameterCodec<any>>>

/** Typed values of a parameter set; absent ones are `undefined`. */
export type ParameterValues<S> = { readonly [K in keyof S]?: S[K] extends ParameterCodec<infer V> ? V : never }

/** Where a server session stands between two commands. */
export type Phase = 'fresh' | 'ready' | 'mail' | 'rcpt' | 'chunking'

/** What the session can tell a hook. */
export interface SessionContext {
  /** `unavailable`: no certificate here. `available`: STARTTLS may be offered. `active`: under TLS. */
  readonly tls: 'unavailable' | 'available' | 'active'
  /** Who authenticated, if anybody. */
  readonly identity: string | undefined
  readonly lmtp: boolean
  /** Numeric address of the client, or of the one a proxy speaks for; `undefined` where it is not known. */
  readonly peer: string | undefined
  /** Keywords of the last hello's reply; none before it, and after HELO. */
  readonly granted: ReadonlySet<string>
  /** Of this server. */
  readonly limits: SessionLimits
}

/** Bounds an extension may announce. */
export type SessionLimits = Pick<ServerLimits, 'messageOctets' | 'recipients' | 'transactions'>

/** What a trusted proxy says of the client it speaks for. What it did not say is absent. */
export interface AssumedPeer {
  /** Numeric; IPv6 without brackets. `null`: the proxy does not know it. */
  readonly address?: string | null
  readonly port?: number
  /** By reverse DNS. */
  readonly name?: string
  readonly hello?: string
  readonly protocol?: 'SMTP' | 'ESMTP'
  /** Who authenticated to the proxy. */
  readonly identity?: string
  readonly localAddress?: string
  readonly localPort?: number
}

/** What the session knows of the transaction under way. */
export interface TransactionContext extends SessionContext {
  readonly reversePath: ReversePath
  /** Values of MAIL's parameters, by keyword; also those of other extensions. */
  readonly mailParameters: Readonly<Record<string, unknown>>
  /** Those accepted so far. */
  readonly recipients: readonly ForwardPath[]
}

/** A transaction and the recipient that is to be judged. */
export interface RcptContext extends TransactionContext {
  readonly forwardPath: ForwardPath
}

/** A transaction whose content is about to come. */
export interface DataContext extends TransactionContext {
  /** By BDAT; otherwise by DATA. */
  readonly chunked: boolean
}

/** A hook's judgement: go on, or this refusal. */
export type Verdict = typeof proceed | Refusal

/** Nothing against it. */
export const proceed = 'proceed' as const

/** The hook of an extension that has none. */
export const pass = (): typeof proceed => proceed

/** What a verb does to the session. */
export type VerbEffect =
  /** Answer at once. */
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Answer, then the driver upgrades the transport and the session forgets all it heard in clear. */
  | { readonly kind: 'start-tls'; readonly reply: Reply<220> }
  /** Ask the server's owner by a `verb` event; it may answer with further challenges. */
  | { readonly kind: 'ask' }
  /**
   * A proxy speaks for somebody else: the session begins anew with that client, by a `greet` event that carries it. The
   * answer to it is the reply.
   */
  | { readonly kind: 'assume'; readonly peer: AssumedPeer }
  /** So many octets of content follow at once; `last` ends the message. They are swallowed even where they are refused. */
  | { readonly kind: 'chunk'; readonly octets: number; readonly last: boolean }

/** A verb an extension adds. */
export interface VerbSpec {
  /** Phases it is legal in; elsewhere 503. */
  readonly phases: readonly Phase[]
  /** Nothing may be pipelined behind it: input that waits there ends the session. */
  readonly barrier: boolean
  /** Longest line of the verb, and of its dialogue, with CRLF; where left out, 512. */
  readonly lineOctets?: number
  /** What HELP says of it: one line, from the verb on. Where left out, the verb alone. */
  readonly syntax?: string
  /** Decides from the argument (trimmed). A refusal is the reply. */
  run(argument: string, context: SessionContext): VerbEffect
}

/** Keyword and arguments a server offered in its EHLO reply, arguments as sent. */
export type Offer = readonly string[]

/** Keywords of the last EHLO reply, upper case, with their arguments as sent. Empty after HELO. */
export type Offers = ReadonlyMap<string, Offer>

/** What encoding the content needs. `8bit`: lines with octets above 127. `binary`: any octets. @rfc 2045 6.2 */
export type BodyKind = '7bit' | '8bit' | 'binary'

/** What a client wants to send, before extensions have their say; parameters are those of the extension that is asked. */
export interface TransactionWish<M extends ParameterSet = ParameterSet, R extends ParameterSet = ParameterSet> {
  readonly reversePath: ReversePath
  /** What came with MAIL when the message was accepted. */
  readonly parameters: ParameterValues<M>
  readonly recipients: readonly RecipientWish<R>[]
  /** Octets, where known. */
  readonly size: number | undefined
  /** `undefined`: nobody looked. */
  readonly body: BodyKind | undefined
  /** A header field, of the message or of one in it, is not ASCII. `undefined`: nobody looked. @rfc 6532 3 */
  readonly utf8Header: boolean | undefined
}

/** One recipient of a {@link TransactionWish}. */
export interface RecipientWish<R extends ParameterSet = ParameterSet> {
  readonly forwardPath: ForwardPath
  /** What came with its RCPT. */
  readonly parameters: ParameterValues<R>
}

/** The server a client talks to. */
export interface ServerFacts {
  /** Those this client has an extension for. */
  readonly offers: Offers
  /** The session is under TLS. */
  readonly tls: boolean
  /** The server knows who this client is. */
  readonly authenticated: boolean
  readonly lmtp: boolean
}

/** What an extension adds to a transaction, or why it must not be sent to this server. */
export type Plan<M extends ParameterSet = ParameterSet, R extends ParameterSet = ParameterSet> =
  | {
      readonly kind: 'send'
      readonly mail?: ParameterValues<M>
      /** One for each recipient of the wish, in its order. */
      readonly rcpt?: readonly RecipientPlan<R>[]
    }
  | Veto

/** The same for one recipient. */
export type RecipientPlan<R extends ParameterSet = ParameterSet> =
  | { readonly kind: 'send'; readonly parameters: ParameterValues<R> }
  | Veto

/** It must not be sent; the reply is what the next host would have said. */
export interface Veto {
  readonly kind: 'veto'
  readonly reply: Refusal
}

/** The client's half. */
export interface ClientHalf<M extends ParameterSet = ParameterSet, R extends ParameterSet = ParameterSet> {
  /** Called for every transaction; `offer` is `undefined` where the server does not offer the keyword. */
  plan(wish: TransactionWish<M, R>, offer: Offer | undefined, server: ServerFacts): Plan<M, R>
}

/** Switches of the session itself that a keyword turns on. */
export interface SessionSwitches {
  /** Commands may come in groups. @rfc 2920 */
  readonly pipelining?: true
  /** Replies carry enhanced status codes, whether or not the client said EHLO. @rfc 2034 */
  readonly enhancedReplies?: true
  /** Where offered, commands may hold UTF-8, and addresses follow the grammar of RFC 6531. @rfc 6531 3.3 */
  readonly utf8?: true
  /**
   * Where offered, whether a transaction with these MAIL parameters brings content of any octets by BDAT. Other content
   * must be lines. @rfc 3030 3
   */
  readonly binary?: (mailParameters: Readonly<Record<string, unknown>>) => boolean
  /** Where offered, a client sends content by BDAT. @rfc 3030 2 */
  readonly chunking?: true
}

/** What an extension needs: a keyword offered beside its own, or the protection of TLS. */
export type Requirement = string | { readonly tls: true }

/** A service extension: one value, both halves. Made by `defineExtension`. @rfc 5321 2.2 */
export interface Extension<M extends ParameterSet = ParameterSet, R extends ParameterSet = ParameterSet> {
  /** For messages to people: lower case, as its file is called. */
  readonly name: string
  /** Number of the RFC that registers it. */
  readonly rfc: number
  /** As in the EHLO reply, upper case. */
  readonly keyword: string
  /** Arguments to offer now, or `undefined`: do not offer, do not accept its parameters and verbs. */
  readonly ehlo: (context: SessionContext) => readonly string[] | undefined
  /** Parameters of MAIL. */
  readonly mail: M
  /** Parameters of RCPT. */
  readonly rcpt: R
  /** By verb, upper case. */
  readonly verbs: Readonly<Record<string, VerbSpec>>
  /** Keywords must be in the same list. The extension is offered only where all it requires is there. */
  readonly requires: readonly Requirement[]
  readonly switches: SessionSwitches
  /** Judges a MAIL after its parameters were read; like all hooks synchronous and pure. */
  readonly onMail: (parameters: ParameterValues<M>, context: TransactionContext) => Verdict
  /** Judges a RCPT. */
  readonly onRcpt: (parameters: ParameterValues<R>, context: RcptContext) => Verdict
  /** Judges a transaction at DATA or its first BDAT. */
  readonly onDataStart: (context: DataContext) => Verdict
  /** `undefined`: parameters that came with a message go on as they came where the keyword is offered, else end here. */
  readonly client: ClientHalf<M, R> | undefined
}

/** Any extension, where its parameter types do not matter. */
// biome-ignore lint/suspicious/noExplicitAny: a list holds extensions of every shape
export type AnyExtension = Extension<any, any>

type Union<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer I) => void ? I : never

/** MAIL parameters of a session with these extensions. */
export type MailParameters<X extends readonly AnyExtension[]> = X extends readonly []
  ? Record<never, never>
  : Union<X[number] extends infer E ? (E extends Extension<infer M, infer _> ? ParameterValues<M> : never) : never>

/** RCPT parameters of a session with these extensions. */
export type RcptParameters<X extends readonly AnyExtension[]> = X extends readonly []
  ? Record<never, never>
  : Union<X[number] extends infer E ? (E extends Extension<infer _, infer R> ? ParameterValues<R> : never) : never>
