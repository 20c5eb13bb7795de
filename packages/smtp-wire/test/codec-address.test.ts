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
import { hasShared, shared, vectors, withoutShared } from './codec-shared.ts'

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

describe(`third-party addresses${withoutShared}`, () => {
  it.skipIf(!hasShared)('isemail: valid in SMTP is what its strict categories say', () => {
    const accepted = new Set(['ISEMAIL_VALID_CATEGORY', 'ISEMAIL_DNSWARN', 'ISEMAIL_RFC5321'])
    let seen = 0
    for (const file of ['tests.xml', 'tests-original.xml'])
      for (const { address, category, diagnosis } of readIsemail(shared(`isemail/${file}`))) {
        seen += 1
        // The grammar has literals with any tag; that none but IPv6 is registered is not its business.
        if (parseAddressLiteral(address.slice(address.lastIndexOf('@') + 1))?.kind === 'general') continue
        // "::" for one group is our one deviation.
        const expected = accepted.has(category) || diagnosis === 'ISEMAIL_RFC5321_IPV6DEPRECATED'
        expect(parseMailbox(address) !== undefined, `${address} (${diagnosis})`).toBe(expected)
      }
    expect(seen).toBeGreaterThan(200)
  })

  it.skipIf(!hasShared)('python-email-validator: what it takes, we take', () => {
    const utf8 = { ...addressLimits, utf8: true }
    for (const name of ['email-valid', 'email-valid-intl-local-part', 'email-valid-only-if-quoted-local-part'])
      for (const { email_input: text } of JSON.parse(shared(`python-email-validator/${name}.json`)).cases)
        if (!text.includes(' <')) expect(parseMailbox(text, utf8) !== undefined, text).toBe(true)
    // Whether an A-label is IDNA's, and which tags are registered, is more than grammar.
    for (const { email_input: text } of JSON.parse(shared('python-email-validator/email-invalid-syntax.json')).cases)
      if (/^[\0-\x7f]*$/.test(text) && !/@(xn--|\[tag:)/.test(text)) expect(parseMailbox(text), text).toBeUndefined()
  })

  it.skipIf(!hasShared)('mox: addresses and local-parts', () => {
    for (const { in: text, valid } of JSON.parse(shared('mox/smtp-address.json')).cases)
      expect(parseMailbox(text) !== undefined, text).toBe(valid)
    for (const { in: text, valid } of JSON.parse(shared('mox/smtp-localpart.json')).cases)
      expect(parseMailbox(`${text}@example.org`) !== undefined, text).toBe(valid)
    for (const { in: localPart, expect: text } of JSON.parse(shared('mox/smtp-pack-localpart.json')).cases)
      expect(formatMailbox({ kind: 'mailbox', localPart, domain: 'x' as never })).toBe(`${text}@x`)
  })
})

function* readIsemail(xml: string): Generator<{ address: string; category: string; diagnosis: string }> {
  for (const [, test = ''] of xml.matchAll(/<test [^>]*>(.*?)<\/test>/gs)) {
    const field = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(test)?.[1] ?? ''
    const address = field('address')
      .replace(/&#x([0-9a-fA-F]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(
        /&(lt|gt|quot|apos|amp);/g,
        (_, name: 'lt') => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name],
      )
      .replace(/[\u2400-\u241f]/g, (picture) => String.fromCharCode(picture.charCodeAt(0) - 0x2400))
    yield { address, category: field('category'), diagnosis: field('diagnosis') }
  }
}
