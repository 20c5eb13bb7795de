import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnyExtension, reply } from '../src/index.ts'
import { toOctets } from './codec-shared.ts'
import { assume, chunking, enhanced, pipelining, size } from './server-extensions.ts'
import { Model, type ModelOptions, type Said } from './server-model.ts'
import { type AnyAnswerable, Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

const mails = ['ada', 'ada', 'no', 'nodata', 'noend'].map((name) => `MAIL FROM:<${name}@client.example>`)
const rcpts = ['bob', 'eve', 'no'].map((name) => `RCPT TO:<${name}@mx.example>`)
const others = [
  'EHLO',
  'EHLO a b',
  'MAIL ada',
  'MAIL FROM:<ada@client.example> SIZE=7',
  'MAIL FROM:<ada@client.example> SIZE=99',
  'MAIL FROM:<ada@client.example> SIZE=x',
  'MAIL FROM:<ada@client.example> X',
  'RCPT bob',
  'RCPT TO:<bob@mx.example> X=1',
  'DATA x',
  'RSET x',
  'QUIT x',
  'NOOP x',
  'VRFY',
  'VRFY bob',
  'VRFY Bob Smith',
  'EXPN staff',
  'HELP',
  'HELP MAIL',
  'HELP FOO',
  'BDAT x',
  'XTEST 192.0.2.9',
  'NO\0OP',
  `NOOP ${'x'.repeat(2_000)}`,
  'EHLO client.example',
  'EHLO no.example',
  'HELO client.example',
  'LHLO client.example',
  'DATA',
  'RSET',
  'NOOP',
  'FOO',
]

const line = (...texts: readonly string[]): fc.Arbitrary<Said> =>
  fc.constantFrom(...texts).map((text) => ({ kind: 'line', text }))
const content: fc.Arbitrary<Said> = fc.record({
  kind: fc.constant('content' as const),
  lines: fc.array(fc.constantFrom('', 'a', '.', '..', 'text', 'QUIT', 'RSET'), { maxLength: 4 }),
})
const chunk: fc.Arbitrary<Said> = fc.record({
  kind: fc.constant('chunk' as const),
  size: fc.nat(9),
  last: fc.boolean(),
})

/** What a client that knows its way says, and what any client may say in between. */
const transaction: fc.Arbitrary<readonly Said[]> = fc
  .tuple(
    line(...mails),
    fc.array(line(...rcpts), { minLength: 1, maxLength: 3 }),
    fc.oneof(
      content.map((body): readonly Said[] => [{ kind: 'line', text: 'DATA' }, body]),
      fc.array(chunk, { minLength: 1, maxLength: 3 }),
    ),
  )
  .map(([mail, rcpts, body]) => [mail, ...rcpts, ...body])
const anything: fc.Arbitrary<readonly Said[]> = fc
  .oneof(line(...mails), line(...rcpts), line(...others), chunk, content)
  .map((one) => [one])
const script = (hello: string): fc.Arbitrary<readonly Said[]> =>
  fc
    .array(fc.oneof({ arbitrary: transaction, weight: 3 }, { arbitrary: anything, weight: 4 }), { maxLength: 8 })
    .map((parts): readonly Said[] => [{ kind: 'line', text: hello }, ...parts.flat(), { kind: 'line', text: 'QUIT' }])

const setting = fc.record({
  lmtp: fc.boolean(),
  maxRecipients: fc.integer({ min: 1, max: 3 }),
  maxOctets: fc.integer({ min: 5, max: 20 }),
  maxTransactions: fc.integer({ min: 2, max: 9 }),
})

interface Outcome {
  readonly codes: readonly number[]
  readonly ends: readonly string[]
  readonly messages: readonly string[]
}

/** The octets of what is said. */
function wireOf(one: Said): string {
  if (one.kind === 'line') return `${one.text}\r\n`
  if (one.kind === 'chunk') return `BDAT ${one.size}${one.last ? ' LAST' : ''}\r\n${'x'.repeat(one.size)}`
  return `${one.lines.map((text) => `${text.startsWith('.') ? '.' : ''}${text}\r\n`).join('')}.\r\n`
}

/** What the model makes of a script, and the writes of a client that groups as far as it may and likes. */
function plan(
  said: readonly Said[],
  options: ModelOptions,
  likes: readonly boolean[],
): { readonly expected: Outcome; readonly writes: readonly string[] } {
  const model = new Model(options)
  const writes: string[] = []
  let write = ''
  for (const [turn, one] of said.entries()) {
    // Content without a 354 is another story, told by transcripts.
    if (one.kind === 'content' && !model.inContent) continue
    // And lines behind a 354 are content; here it ends before them.
    if (one.kind !== 'content' && model.inContent) {
      model.say({ kind: 'content', lines: [] })
      write += '.\r\n'
    }
    model.say(one)
    write += wireOf(one)
    const endsGroup = one.kind === 'line' && /^(EHLO|HELO|LHLO|DATA|QUIT|XTEST)/.test(one.text)
    if (endsGroup || !model.extended || likes[turn % likes.length] === true) {
      writes.push(write)
      write = ''
    }
  }
  return { expected: model, writes: [...writes, write] }
}

/** What a session makes of the same writes, each cut by `cut`. */
function play(
  writes: readonly string[],
  { lmtp, maxRecipients, maxOctets, maxTransactions }: ModelOptions,
  cut: () => number,
): Outcome & { readonly mode: string; readonly record: readonly string[] } {
  const messages: string[] = []
  let sender = ''
  const rig = new Rig({
    protocol: lmtp ? 'lmtp' : 'smtp',
    extensions: [pipelining, enhanced, chunking, size, assume] as readonly AnyExtension[],
    limits: {
      recipients: maxRecipients,
      messageOctets: maxOctets,
      transactions: maxTransactions,
      errors: 1_000,
      idleCommands: 1_000,
    },
    decide(event: AnyAnswerable) {
      if (event.kind === 'hello' && event.name === 'no.example') return reply(550, '7.1', 'No')
      if (event.kind === 'mail') sender = event.reversePath.kind === 'mailbox' ? event.reversePath.localPart : ''
      if (event.kind === 'mail' && sender === 'no') return reply(550, '7.1', 'No')
      if (event.kind === 'rcpt' && event.forwardPath.kind === 'mailbox' && event.forwardPath.localPart === 'no')
        return reply(550, '7.1', 'No')
      if (event.kind === 'data-start' && sender === 'nodata') return reply(451, '3.0', 'No')
      if (event.kind === 'data-end' && sender === 'noend') return reply(554, '6.0', 'No')
      if (event.kind === 'data-end') messages.push(lastBody(rig.events()))
      return usual(event)
    },
  })
  rig.run()
  let out = ''
  for (const write of writes) {
    const octets = toOctets(write)
    for (let at = 0; at < octets.length && rig.session.mode === 'open'; ) {
      const size = Math.min(cut(), octets.length - at)
      out += rig.feed([octets.subarray(at, at + size)])
      at += size
    }
  }
  const codes = out.split('\r\n').flatMap((text) => (text[3] === ' ' ? [Number(text.slice(0, 3))] : []))
  const record = rig.events()
  const ends = record.flatMap((event) => (event.startsWith('transaction-end ') ? [event.slice(16)] : []))
  return { codes, ends, messages, mode: rig.session.mode, record }
}

/** The content told since its data-start. */
function lastBody(record: readonly string[]): string {
  const since = record.slice(record.findLastIndex((event) => event.startsWith('data-start')))
  return since.flatMap((event) => (event.startsWith('body ') ? [JSON.parse(event.slice(5)) as string] : [])).join('')
}

/** `toEqual` costs more than all the rest; where it would pass it is spared. */
function equal(got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) expect(got).toEqual(wanted)
}

/** Scripts to play; CI sets 200,000. What fails is told with the seed that repeats it. */
const sequences = Number(process.env.ANGARIUM_SEQUENCES ?? 4_000)

describe(`any of ${sequences} scripts of a client`, () => {
  it.each([false, true])(
    'is answered as the model says, however it is grouped and cut (LMTP: %s)',
    (lmtp) => {
      const hello = lmtp ? 'LHLO client.example' : 'EHLO client.example'
      fc.assert(
        fc.property(
          script(hello),
          setting,
          fc.array(fc.boolean(), { minLength: 3, maxLength: 7 }),
          fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }),
          (said, options, likes, sizes) => {
            const settings = { ...options, lmtp }
            const { expected, writes } = plan(said, settings, likes)
            let turn = 0
            const whole = play(writes, settings, () => Number.POSITIVE_INFINITY)
            const { codes, ends, messages } = expected
            equal(whole, { codes, ends, messages, mode: 'closing', record: whole.record })
            equal(
              play(writes, settings, () => sizes[turn++ % sizes.length] ?? 1),
              whole,
            )
          },
        ),
        { numRuns: sequences / 2 },
      )
    },
    600_000,
  )
})
