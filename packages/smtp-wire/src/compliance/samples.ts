import type { AnyExtension, Offer, ParameterCodec, SessionContext, TransactionWish } from '../extension/types.ts'

/** Samples of one parameter. */
export interface ParameterSample<V> {
  /** Values the codec must carry there and back. At least one; the first also stands in whole transactions. */
  readonly values: readonly V[]
  /** Texts behind "=" that are not of this parameter (`undefined`: no "="); each is answered 501. At least one. */
  readonly malformed: readonly (string | undefined)[]
}

/** Samples of one verb. */
export interface VerbSample {
  /** Arguments its grammar has. At least one. */
  readonly wellFormed: readonly string[]
  /** Arguments it does not have; each is refused where the verb is legal. */
  readonly malformed: readonly string[]
}

type Samples<S> = { readonly [K in keyof S]?: S[K] extends ParameterCodec<infer V> ? ParameterSample<V> : never }

/** What an extension is tried with. Every parameter and every verb needs its samples. */
export interface ExtensionSamples<M, R> {
  /** By MAIL parameter. */
  readonly mail?: Samples<M>
  /** By RCPT parameter. */
  readonly rcpt?: Samples<R>
  /** By verb. */
  readonly verbs?: Readonly<Record<string, VerbSample>>
  /** Argument lists servers offer with the keyword; an empty list and hostile ones are tried anyway. */
  readonly offers?: readonly Offer[]
  /** Transactions a client may want; a few are tried anyway. */
  readonly wishes?: readonly TransactionWish[]
  /** Extensions the session lists besides: at least those that are required. */
  readonly beside?: readonly AnyExtension[]
  /** Where the extension is offered, if that is not everywhere. */
  readonly offeredIn?: {
    readonly tls?: SessionContext['tls']
    readonly identity?: string
    readonly lmtp?: boolean
    readonly peer?: string
  }
}

/** Samples where the shape of the extension does not matter. */
// biome-ignore lint/suspicious/noExplicitAny: any parameter's samples
export type AnySamples = ExtensionSamples<any, any>

/** What peers send to see what happens. */
export const hostileTexts: readonly (string | undefined)[] = [
  undefined,
  '',
  ' ',
  '0',
  '-1',
  '+1',
  '1e3',
  '0x10',
  '10.5',
  '9'.repeat(400),
  'x'.repeat(4000),
  '=',
  '<>',
  '<a@b.example>',
  '"',
  '\\',
  '+',
  '+0',
  '+zz',
  '%00',
  '__proto__',
  'constructor',
  'NaN',
  'Infinity',
  'true',
  '\u0000',
  'a\r\nb',
  '٣',
  'ı',
  'é',
  '\u2028',
  '\ud800',
]

const bare: TransactionWish = {
  reversePath: { kind: 'null' },
  parameters: {},
  recipients: [{ forwardPath: { kind: 'postmaster' }, parameters: {} }],
  size: undefined,
  body: undefined,
  utf8Header: undefined,
}

/** A transaction of which nothing is known, and some that say all. */
export const usualWishes: readonly TransactionWish[] = [
  bare,
  { ...bare, size: 0, body: '7bit', utf8Header: false },
  { ...bare, size: 1_000, body: '8bit', utf8Header: false },
  { ...bare, size: 1_000, body: '8bit', utf8Header: true },
  { ...bare, size: 2 ** 40, body: 'binary', utf8Header: false },
]

const someLimits = { recipients: 100, transactions: 1_000 }

/** All that a context may say. */
export function contexts(): readonly SessionContext[] {
  const all: SessionContext[] = []
  for (const tls of ['unavailable', 'available', 'active'] as const)
    for (const identity of [undefined, 'ada@example.org'])
      for (const lmtp of [false, true])
        for (const messageOctets of [0, 1_000, 2 ** 40])
          for (const peer of [undefined, '192.0.2.1'])
            all.push({ tls, identity, lmtp, peer, granted: new Set(), limits: { ...someLimits, messageOctets } })
  return all
}
