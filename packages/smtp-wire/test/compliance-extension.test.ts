import { describe, expect, it } from 'vitest'
import { ComplianceFailure, type ExtensionCase, extensionCases } from '../src/compliance.ts'
import { type AnyExtension, type ClientHalf, defineExtension, proceed, reply, type VerbSpec } from '../src/index.ts'
import * as ours from './server-extensions.ts'

const sizes = { values: [0, 1, 1_000, 999_999_999_999_999], malformed: [undefined, '', '-1', '1e3', '10.5', 'x'] }
const flag = { values: [true as const], malformed: ['', '1'] }

describe('extensions that keep the contract pass', () => {
  const all: readonly (readonly ExtensionCase[])[] = [
    extensionCases(ours.pipelining, {}),
    extensionCases(ours.enhanced, {}),
    extensionCases(ours.size, { mail: { SIZE: sizes }, offers: [['1000']] }),
    extensionCases(ours.chunking, {
      verbs: { BDAT: { wellFormed: ['7', '0 LAST'], malformed: ['', '-1', '1 FIRST'] } },
    }),
    extensionCases(ours.binarymime, {
      mail: { BODY: { values: ['8BITMIME', 'BINARYMIME'], malformed: [undefined, '7'] } },
      beside: [ours.chunking],
    }),
    extensionCases(ours.starttls, {
      verbs: { STARTTLS: { wellFormed: [''], malformed: ['now'] } },
      offeredIn: { tls: 'available' },
    }),
    extensionCases(ours.auth, {
      verbs: { AUTH: { wellFormed: ['TEST', 'TEST AAAA'], malformed: [] } },
      offeredIn: { tls: 'active' },
    }),
    extensionCases(ours.assume, { verbs: { XTEST: { wellFormed: ['192.0.2.9', ''], malformed: [] } } }),
    extensionCases(ours.smtputf8, { mail: { SMTPUTF8: flag } }),
    extensionCases(rcptOnly(), { rcpt: { XNOTE: { values: ['a', 'b'], malformed: [undefined, 'a+b'] } } }),
  ]
  for (const one of all.flat()) it(one.name, () => one.run())
})

function rcptOnly() {
  return defineExtension({
    name: 'xnote',
    rfc: 9999,
    keyword: 'XNOTE',
    rcpt: {
      XNOTE: {
        maxOctets: 30,
        parse: (value: string | undefined) => (value !== undefined && /^[a-z]{1,20}$/.test(value) ? value : undefined),
        format: (value: string) => value,
      },
    },
    onRcpt: ({ XNOTE }) => (XNOTE === 'b' ? reply(450, '7.1', 'Not b') : proceed),
    client: { plan: (_, offer) => (offer === undefined ? { kind: 'send' } : noted('a')) },
  })
}

function noted(value: string) {
  return { kind: 'send', rcpt: [{ kind: 'send', parameters: { XNOTE: value } }] } as const
}

/** The extension everything is planted in. */
const sound = rcptOnly()
const sizeCodec = ours.size.mail.SIZE
let calls = 0

type Mutant = readonly [what: string, extension: AnyExtension, samples: object, fails: RegExp]

const bdat = { verbs: { BDAT: { wellFormed: ['7', '0 LAST'], malformed: ['', '-1', '1 FIRST'] } } }
const samples = { rcpt: { XNOTE: { values: ['a', 'b'], malformed: [undefined, 'a+b'] } } }
const mutants: readonly Mutant[] = [
  ['a parameter without samples', sound, {}, /has samples of every/],
  ['a verb without samples', ours.chunking, {}, /has samples of every/],
  ['a keyword in lower case', { ...sound, keyword: 'xnote' }, samples, /can be listed/],
  ['a parameter in lower case', { ...sound, rcpt: { xnote: sound.rcpt.XNOTE } }, {}, /can be listed/],
  [
    'a verb of RFC 5321',
    { ...ours.chunking, verbs: { DATA: ours.chunking.verbs.BDAT as VerbSpec } },
    {},
    /can be listed/,
  ],
  ['what it requires is left out of the samples', ours.binarymime, {}, /can be listed/],
  ['offers that change by themselves', { ...sound, ehlo: () => [String(calls++)] }, samples, /offers by context alone/],
  ['offers of two words in one', { ...sound, ehlo: () => ['a b'] }, samples, /offers by context alone/],
  ['offers longer than a line', { ...sound, ehlo: () => ['x'.repeat(600)] }, samples, /offers by context alone/],
  [
    'offers that throw',
    { ...sound, ehlo: ({ identity }) => [(identity as string).trim()] },
    samples,
    /offers by context/,
  ],
  ['never offered', { ...sound, ehlo: () => undefined }, samples, /stands in the EHLO reply/],
  ['a value that does not come back', codec({ parse: (text) => text?.toUpperCase() }), samples, /there and back/],
  ['a value longer than announced', codec({ maxOctets: 7 }), samples, /within 7 octets/],
  ['a value that breaks the line', codec({ format: (value) => `${value} ` }), samples, /there and back/],
  ['malformed texts are taken', codec({ parse: (text) => text ?? '' }), samples, /takes nothing else/],
  ['a parser that throws', codec({ parse: (text) => (text as string).slice(1) }), samples, /takes nothing else/],
  ['a parser that remembers', codec({ parse: (text) => `${text}${calls++}` }), samples, /takes nothing else/],
  [
    'a number that loses its grip',
    { ...ours.size, mail: { SIZE: { ...sizeCodec, parse: (text: string | undefined) => Number(text ?? 'x') || 0 } } },
    { mail: { SIZE: sizes } },
    /takes nothing else/,
  ],
  [
    'a hook that counts',
    { ...sound, onRcpt: () => (calls++ % 2 ? proceed : reply(450, '7.1', 'x')) },
    samples,
    /judges RCPT/,
  ],
  ['a hook that says yes', { ...sound, onMail: () => reply(250, '0.0', 'x') as never }, samples, /judges MAIL/],
  [
    'a hook that throws',
    { ...sound, onDataStart: () => (undefined as never as () => never)() },
    samples,
    /judges the start/,
  ],
  [
    'a hook that writes into what it sees',
    { ...sound, onMail: (_, context) => Object.assign(context, { lmtp: true }) && proceed },
    samples,
    /judges MAIL/,
  ],
  [
    'a verb that throws',
    verb({ run: (argument) => ((argument === '' ? undefined : argument) as string).length as never }),
    bdat,
    /decides by/,
  ],
  ['a verb that counts', verb({ run: () => ({ kind: 'chunk', octets: calls++, last: true }) }), bdat, /decides by/],
  [
    'a chunk of no number',
    verb({ run: (argument) => ({ kind: 'chunk', octets: Number(argument), last: true }) }),
    bdat,
    /decides by/,
  ],
  ['a syntax of another verb', verb({ syntax: 'DATA' }), bdat, /what HELP says/],
  ['a syntax of two lines', verb({ syntax: 'BDAT\r\n250 x' }), bdat, /what HELP says/],
  ['a verb without phases', verb({ phases: [] }), bdat, /is taken in its phases/],
  [
    'a verb that takes everything',
    verb({ run: () => ({ kind: 'reply', reply: reply(250, '0.0', 'x') }) }),
    bdat,
    /refuses arguments/,
  ],
  ['a plan for a server that offers nothing', plan(() => noted('a')), samples, /adds nothing/],
  ['a plan nobody can read', plan(() => noted('a+b')), samples, /can read/],
  ['a plan with a foreign parameter', plan(() => ({ kind: 'send', mail: { SIZE: '1' } })), samples, /can read/],
  ['a plan that counts', plan(() => noted(calls++ % 2 ? 'a' : 'b')), samples, /plans by the wish/],
  [
    'a veto that is none',
    plan(() => ({ kind: 'veto', reply: reply(250, '0.0', 'x') as never })),
    samples,
    /plans by the wish/,
  ],
  ['a plan that trusts the offer', plan((_, offer) => noted(offer?.[0] ?? 'a')), samples, /can read/],
]

function codec(change: Partial<typeof sound.rcpt.XNOTE>): AnyExtension {
  return { ...sound, rcpt: { XNOTE: { ...sound.rcpt.XNOTE, ...change } } }
}

function verb(change: Partial<NonNullable<typeof ours.chunking.verbs.BDAT>>): AnyExtension {
  return { ...ours.chunking, verbs: { BDAT: { ...ours.chunking.verbs.BDAT, ...change } as never } }
}

function plan(change: ClientHalf['plan']): AnyExtension {
  return { ...sound, client: { plan: change } }
}

describe('extensions that break it are found out', () => {
  it.each(mutants)('%s', (_, extension, samples, fails) => {
    const failed: string[] = []
    for (const one of cases(extension, samples))
      try {
        one.run()
      } catch (error) {
        expect(error).toBeInstanceOf(ComplianceFailure)
        failed.push(one.name)
      }
    expect(failed.join('\n')).toMatch(fails)
  })
})

function cases(extension: AnyExtension, given: object): readonly ExtensionCase[] {
  return extensionCases(extension, given)
}
