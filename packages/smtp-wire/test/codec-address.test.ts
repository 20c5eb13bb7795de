import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addressLimits,
  type ForwardPath,
  formatMailbox,
  formatPath,
  parseAddressLiteral,
  parseDomain,
  parseMailbox,
  readForwardPath,
  readReversePath,
  sameMailbox,
} from '../src/index.ts'
import { vectors } from './codec-shared.ts'

describe.each(
  vectors<{
    kind: 'forward' | 'reverse'
    text: string
    value?: ForwardPath
    consumed?: number
    fault?: string
    written?: string
  }>('paths.json'),
)('$kind-path $text', ({ kind, text, value, consumed, fault, written }) => {
  const read = kind === 'forward' ? readForwardPath : readReversePath

  it('is read as written down', () => {
    if (value === undefined) expect(read(text)).toMatchObject({ kind: 'fault', fault })
    else expect(read(text)).toEqual({ kind: 'item', value, consumed })
  })

  if (value === undefined) return
  it('has one spelling', () => {
    const spelled = formatPath(value)
    expect(spelled).toBe(written ?? text.slice(0, consumed))
    expect(read(spelled)).toEqual({ kind: 'item', value, consumed: spelled.length })
  })
})

describe.each(vectors<{ text: string; valid: boolean; utf8?: boolean }>('mailboxes.json'))(
  'mailbox $text',
  ({ text, valid, utf8 = false }) => {
    it(valid ? 'is one' : 'is none', () => {
      const mailbox = parseMailbox(text, { ...addressLimits, utf8 })
      expect(mailbox !== undefined).toBe(valid)
      if (mailbox !== undefined)
        expect(parseMailbox(formatMailbox(mailbox), { ...addressLimits, utf8 })).toEqual(mailbox)
    })
  },
)

describe.each(vectors<{ text: string; valid: boolean; utf8?: boolean }>('domains.json'))(
  'domain $text',
  ({ text, valid, utf8 = false }) => {
    it(valid ? 'is one' : 'is none', () => {
      expect(parseDomain(text, utf8)).toBe(valid ? text : undefined)
      expect(parseMailbox(`a@${text}`, { ...addressLimits, pathOctets: 1_000, utf8 }) !== undefined).toBe(valid)
    })
  },
)

describe('what a literal denotes', () => {
  it.each([
    ['[192.0.2.1]', { kind: 'ipv4', address: '192.0.2.1' }],
    ['[IPv6:2001:DB8::1]', { kind: 'ipv6', address: '2001:db8::1' }],
    ['[x-y:Content]', { kind: 'general', tag: 'x-y', content: 'Content' }],
    ['192.0.2.1', undefined],
    ['[192.0.2.1', undefined],
  ])('%s', (text, literal) => {
    expect(parseAddressLiteral(text)).toEqual(literal)
  })
})

it('mailboxes are the same by local-part as it is and domain in any case', () => {
  const mailbox = (text: string) => parseMailbox(text) as NonNullable<ReturnType<typeof parseMailbox>>
  expect(sameMailbox(mailbox('a@B.example'), mailbox('"a"@b.EXAMPLE'))).toBe(true)
  expect(sameMailbox(mailbox('A@b.example'), mailbox('a@b.example'))).toBe(false)
  // Only ASCII has case here: the Kelvin sign is no k.
  const utf8 = { ...addressLimits, utf8: true }
  const kelvin = parseMailbox('a@\u212a.example', utf8)
  const plain = parseMailbox('a@k.example', utf8)
  expect(kelvin !== undefined && plain !== undefined && sameMailbox(kelvin, plain)).toBe(false)
})

describe('any mailbox', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
  const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const localPart = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 30,
  })

  it('is written so that it reads the same, in a path too', () => {
    fc.assert(
      fc.property(localPart, domain, (localPart, domain) => {
        const text = formatMailbox({ kind: 'mailbox', localPart, domain: domain as never })
        expect(parseMailbox(text)).toEqual({ kind: 'mailbox', localPart, domain })
        expect(readForwardPath(`<${text}> X`)).toMatchObject({ kind: 'item', value: { localPart, domain } })
      }),
    )
  })
})

it('any path that is read is written so that it reads the same', () => {
  const part = fc.constantFrom(
    ...'"\\@.:,;<>[] ()a1-_+=é用\u00a0\u2028\t',
    'IPv6:',
    '2001:db8::1',
    'tag:',
    '192.0.2.1',
    '@x.example,',
    'Postmaster',
  )
  const shape = fc.oneof(
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 8 }).map((parts) => `"${parts.join('')}"@b.example`),
    fc.array(part, { maxLength: 8 }).map((parts) => `@a.example:${parts.join('')}@b.example`),
  )
  let read = 0
  fc.assert(
    fc.property(shape, fc.boolean(), fc.constantFrom(readForwardPath, readReversePath), (inner, utf8, reader) => {
      const limits = { ...addressLimits, utf8 }
      const step = reader(`<${inner}>`, limits)
      if (step.kind !== 'item') return
      read += 1
      const text = formatPath(step.value)
      expect(reader(text, limits)).toEqual({ ...step, consumed: text.length })
      expect(text.length).toBeLessThanOrEqual(step.consumed)
    }),
    { numRuns: 5_000 },
  )
  expect(read).toBeGreaterThan(50)
})
