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
import type { AnyExtension } from '@angarium/smtp-wire'
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
