import {
  binaryMime,
  chunking,
  deliverBy,
  eightBitMime,
  eightBitMimeJustSend,
  pipelining,
  requireTls,
  smtpUtf8,
} from '@angarium/esmtp-extensions'
import type { EnvelopeParameter } from '@angarium/queue'
import { type AnyExtension, parseMailbox } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { hostAbilities, planTransfer, type TransferPlan, type TransferTraits } from '../src/index.ts'
import vectors from '../vectors/transfer.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly from?: string
  readonly parameters?: readonly [string, string | null][]
  /** What a survey found; left out: there was none. */
  readonly content?: keyof typeof contents
  readonly offers: readonly string[]
  /** Extensions in use; left out: all. */
  readonly list?: readonly string[]
  readonly protocol?: 'lmtp'
  readonly convert?: 'never'
  readonly plan: Partial<TransferPlan>
}

const all: readonly AnyExtension[] = [
  ...[pipelining, chunking, binaryMime, eightBitMime],
  ...[smtpUtf8, requireTls, deliverBy()],
]

const plain: TransferTraits = {
  domain: '7bit',
  eightBitHeader: false,
  eightBitPartHeader: false,
  eightBitBody: false,
  bareGlobal: false,
  fault: undefined,
}
const eight: TransferTraits = { ...plain, domain: '8bit', eightBitBody: true }
const contents = {
  '7bit': plain,
  '8bit': eight,
  binary: { ...eight, domain: 'binary' },
  'binary-ascii': { ...plain, domain: 'binary' },
  header: { ...plain, domain: '8bit', eightBitHeader: true },
  'part-header': { ...eight, eightBitPartHeader: true },
  global: { ...eight, bareGlobal: true },
  'binary-global': { ...eight, domain: 'binary', bareGlobal: true },
  'ascii-global': { ...plain, bareGlobal: true },
  unseen: { ...eight, fault: 'too-deep' },
} as const satisfies Readonly<Record<string, TransferTraits>>

describe('a transfer plan', () => {
  it.each(vectors as unknown as readonly Vector[])('$name', (vector) => {
    const { from = 'ada@sender.example', parameters = [], content, offers, list, protocol, convert } = vector
    const extensions = list?.flatMap((keyword) =>
      keyword === 'just-send' ? eightBitMimeJustSend : all.filter((one) => one.keyword === keyword),
    )
    const host = hostAbilities(new Map(offers.map((keyword) => [keyword, []])), extensions ?? all, protocol)
    const message = {
      reversePath: from,
      parameters: parameters.map(([keyword, value]): EnvelopeParameter => [keyword, value ?? undefined]),
      ...(content && { traits: contents[content] }),
    }
    const { because, ...plan } = { because: '', ...planTransfer(message, host, convert) }
    expect(plan).toEqual(vector.plan)
    expect(because !== '').toBe(plan.kind === 'refuse')
  })
})

describe('every plan', () => {
  const keywords = ['8BITMIME', 'CHUNKING', 'BINARYMIME', 'PIPELINING', 'SMTPUTF8', 'REQUIRETLS']
  const subsets = Array.from({ length: 2 ** keywords.length }, (_, bits) =>
    keywords.filter((_, at) => (bits >> at) & 1),
  )
  const declared = [undefined, '7BIT', '8BITMIME', 'BINARYMIME'] as const
  const demands = ['SMTPUTF8', 'REQUIRETLS']
  const sender = parseMailbox('ada@sender.example') ?? { kind: 'null' as const }
  const cases = subsets.flatMap((offered) =>
    declared.flatMap((body) =>
      [[], ['SMTPUTF8'], ['REQUIRETLS'], demands].flatMap((flags) =>
        Object.entries(contents).flatMap(([content, traits]) =>
          (['when-needed', 'never'] as const).map((convert) => ({ offered, body, flags, content, traits, convert })),
        ),
      ),
    ),
  )

  it('sends nothing that the host does not take, and says to each extension what it agrees with', () => {
    for (const one of cases) {
      const { offered, body, flags, traits, convert } = one
      const offers = new Map(offered.map((keyword): [string, readonly string[]] => [keyword, []]))
      const host = hostAbilities(offers, all)
      const parameters: EnvelopeParameter[] = flags.map((flag) => [flag, undefined])
      if (body !== undefined) parameters.push(['BODY', body])
      const message = { reversePath: 'ada@sender.example', parameters }
      const unread = planTransfer(message, host, convert)
      const plan = planTransfer({ ...message, traits }, host, convert)
      // A look is asked for only where it matters, and what is decided without is not decided otherwise with one.
      if (unread.kind !== 'survey') expect([one, unread]).toEqual([one, plan])
      if (plan.kind === 'refuse') continue
      if (convert === 'never') expect([one, plan.body]).toEqual([one, 'as-is'])
      const carries = offers.has('8BITMIME') ? (host.binary ? 'binary' : '8bit') : '7bit'
      const mayBringBack = flags.includes('SMTPUTF8') && !offers.has('SMTPUTF8')
      const isGlobal = traits.bareGlobal && traits.eightBitBody
      const isEight = traits.eightBitHeader || traits.eightBitBody
      if (plan.body === 'as-is' && carries === '7bit') expect([one, isEight]).toEqual([one, false])
      const wouldCarry = carries === '7bit' || (mayBringBack && isGlobal) ? '7bit' : '8bit'
      if (plan.body !== 'as-is') expect([one, plan.body]).toEqual([one, `to-${wouldCarry}`])
      else expect([one, mayBringBack && isGlobal]).toEqual([one, false])

      const wish = {
        reversePath: sender,
        recipients: [],
        size: undefined,
        body: plan.is,
        utf8Header: plan.utf8Header,
        parameters: {
          ...(body !== undefined && { BODY: body }),
          ...Object.fromEntries(flags.map((flag) => [flag, true])),
        },
      }
      for (const { name, keyword, client } of all) {
        const said = client?.plan(wish, offers.get(keyword), {
          offers,
          tls: true,
          lmtp: false,
          authenticated: false,
        }) ?? { kind: 'send' }
        expect([one, name, said.kind]).toEqual([one, name, 'send'])
      }
    }
    expect(cases).toHaveLength(64 * 4 * 4 * 10 * 2)
  })
})
