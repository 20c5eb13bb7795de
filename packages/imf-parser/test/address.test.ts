import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Address,
  formatAddressList,
  formatAddrSpec,
  formatMailbox,
  formatPhrase,
  formatReturnPath,
  type Mailbox,
  mailbox,
  parseAddressList,
  parseMailbox,
  parseMailboxList,
  parseReturnPath,
  stripComments,
} from '../src/index.ts'
import { vectors } from './rig.ts'

interface WrittenMailbox {
  readonly local: string
  readonly domain: string
  readonly name?: string
  readonly comments?: readonly string[]
}

interface AddressVector {
  readonly text: string
  readonly value?: readonly (
    | WrittenMailbox
    | { readonly group: string; readonly mailboxes: readonly WrittenMailbox[] }
  )[]
  readonly leniency?: readonly string[]
  readonly written?: string
  readonly fault?: string
  readonly at?: number
}

const read = ({ local, domain, name, comments }: WrittenMailbox): Mailbox => ({
  ...mailbox(local, domain, name),
  comments: comments ?? [],
})

const all = vectors<AddressVector>('addresses')

describe.each(all.filter(({ value }) => value !== undefined))('address-list $text', (vector) => {
  const value = vector.value?.map(
    (one): Address =>
      'group' in one ? { kind: 'group', displayName: one.group, mailboxes: one.mailboxes.map(read) } : read(one),
  )

  it('is read', () => {
    expect(parseAddressList(vector.text)).toEqual({ kind: 'value', value, leniency: vector.leniency ?? [] })
  })

  it('written again is strict and says the same', () => {
    // A control can be read and may not be written.
    if (vector.leniency?.includes('obsolete-control') && vector.written === undefined) {
      expect(() => formatAddressList(value ?? [])).toThrowError(expect.objectContaining({ code: 'UNSAFE_TEXT' }))
      return
    }
    const written = formatAddressList(value ?? [], { utf8: true })
    expect(written).toBe(vector.written ?? vector.text)
    expect(parseAddressList(written)).toMatchObject({ kind: 'value', value: withoutComments(value ?? []) })
  })
})

const withoutComments = (list: readonly Address[]): unknown[] =>
  list.map((one) =>
    one.kind === 'group' ? { ...one, mailboxes: withoutComments(one.mailboxes) } : { ...one, comments: [] },
  )

describe.each(all.filter(({ fault }) => fault !== undefined))('address-list $text', ({ text, fault, at }) => {
  it(`is refused: ${fault}`, () => {
    expect(parseAddressList(text)).toMatchObject({ kind: 'fault', fault, ...(at !== undefined && { at }) })
  })
})

describe('what stands for one mailbox', () => {
  it('is one, and no group', () => {
    expect(parseMailbox('Ann <a@b.example>')).toMatchObject({ value: { displayName: 'Ann' }, leniency: [] })
    expect(parseMailbox('a@b.example, c@d.example')).toMatchObject({ kind: 'fault', fault: 'several' })
    expect(parseMailbox('Us: a@b.example;')).toEqual({ kind: 'fault', fault: 'group', at: 0 })
    expect(parseMailboxList('a@b.example, Us:;')).toEqual({ kind: 'fault', fault: 'group', at: 13 })
    expect(parseMailboxList('a@b.example, c@d.example')).toMatchObject({
      value: [{ localPart: 'a' }, { localPart: 'c' }],
    })
  })
})

describe('Return-Path', () => {
  it('is a mailbox or null', () => {
    expect(parseReturnPath('<a@b.example>')).toMatchObject({ value: { kind: 'mailbox', domain: 'b.example' } })
    expect(parseReturnPath(' < (nobody) > ')).toEqual({ kind: 'value', value: { kind: 'null' }, leniency: [] })
    expect(parseReturnPath('<> x')).toMatchObject({ kind: 'fault' })
    expect(parseReturnPath('<')).toMatchObject({ kind: 'fault' })
  })

  it('is written as a whole field', () => {
    expect(formatReturnPath(undefined)).toBe('Return-Path: <>\r\n')
    expect(formatReturnPath(mailbox('a b', 'c.example'))).toBe('Return-Path: <"a b"@c.example>\r\n')
  })
})

describe('nesting and length', () => {
  it('of comments has a limit', () => {
    const nested = (depth: number): string => `a@b.example ${'('.repeat(depth)}x${')'.repeat(depth)}`
    expect(parseMailbox(nested(100))).toMatchObject({ kind: 'value' })
    expect(parseMailbox(nested(101))).toEqual({ kind: 'fault', fault: 'comment-too-deep', at: 112 })
    expect(parseMailbox(`a@b.example ${'('.repeat(1_000_000)}`)).toMatchObject({ fault: 'comment-too-deep' })
  })

  it('is no danger to the stack or the clock', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `"x" y${i} <a${i}@b.example>`).join(', ')
    expect(parseAddressList(many)).toMatchObject({ kind: 'value', leniency: [] })
    for (const text of ['"a".', 'a.', '@a,', '\r\n ', '()', 'a ', 'x:;,'])
      expect(parseAddressList(text.repeat(100_000)).kind).toBeDefined()
    for (const text of ['b. ', ' .b', '.()b', 'b.\r\n '])
      expect(parseAddressList(`a@b.${text.repeat(100_000)}`).kind).toBeDefined()
  })
})

describe('writing', () => {
  it('refuses what has no spelling', () => {
    const refusal = (code: string) => expect.objectContaining({ name: 'ImfError', code })
    for (const domain of ['', 'a..b', '.a', 'a b', '[a]b]', 'a,b', 'a>', '[x'])
      expect(() => formatAddrSpec(mailbox('a', domain))).toThrowError(refusal('BAD_ADDRESS'))
    for (const text of ['a\r\nBcc: x', 'a\nb', 'a\0', '\x7f', '\u0085', '\ud800', 'x\udc00']) {
      expect(() => formatAddrSpec(mailbox(text, 'b.example'))).toThrowError(refusal('UNSAFE_TEXT'))
      expect(() => formatAddrSpec(mailbox('a', text))).toThrowError(refusal('UNSAFE_TEXT'))
      expect(() => formatMailbox(mailbox('a', 'b.example', text))).toThrowError(refusal('UNSAFE_TEXT'))
    }
    expect(() => formatAddrSpec(mailbox('j\u00f6rg', 'b.example'))).toThrowError(refusal('NOT_ASCII'))
    expect(() => formatAddrSpec(mailbox('a', 'b\u00fc.example'))).toThrowError(refusal('NOT_ASCII'))
  })

  it('encodes a name beyond ASCII, unless UTF-8 may stand', () => {
    const ann = mailbox('a', 'b.example', 'J\u00f6rg, Ann')
    expect(formatMailbox(ann)).toBe('=?utf-8?q?J=C3=B6rg=2C_Ann?= <a@b.example>')
    expect(formatMailbox(ann, { utf8: true })).toBe('"J\u00f6rg, Ann" <a@b.example>')
    expect(formatPhrase('a \u99ac')).toBe('=?utf-8?b?YSDppqw=?=')
  })

  it('quotes what would read as an encoded-word', () => {
    expect(formatPhrase('=?utf-8?q?x?=')).toBe('"=?utf-8?q?x?="')
  })
})

// Text that may be written: no controls, no half pairs, none of what stands for broken octets.
const writable = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((text) => !/[\p{Cc}\ufffd]/u.test(text) && text.isWellFormed())

const anyMailbox: fc.Arbitrary<Mailbox> = fc
  .record({
    localPart: fc.oneof(writable, fc.constantFrom('a', 'a.b', 'a b', '', '"', '\\', '.', 'a..b')),
    domain: fc.oneof(
      fc.domain(),
      fc.ipV4().map((address) => `[${address}]`),
      fc.ipV6().map((address) => `[IPv6:${address}]`),
      fc.constantFrom('b\u00fc.example', 'localhost'),
    ),
    displayName: fc.option(writable, { nil: undefined }),
  })
  .map(({ localPart, domain, displayName }) => mailbox(localPart, domain, displayName))

const anyList = fc.array(
  fc.oneof(
    anyMailbox,
    fc.record({
      kind: fc.constant('group' as const),
      displayName: writable,
      mailboxes: fc.array(anyMailbox, { maxLength: 3 }),
    }),
  ),
  { minLength: 1, maxLength: 4 },
)

describe('any addresses', () => {
  it('written and read again are the same, strictly', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        expect(parseAddressList(formatAddressList(list, { utf8: true }))).toEqual({
          kind: 'value',
          value: list,
          leniency: [],
        })
      }),
    )
  })
})

describe('any text', () => {
  const soup = fc
    .array(
      fc.constantFrom(
        'a',
        '.',
        '@',
        '<',
        '>',
        '(',
        ')',
        '[',
        ']',
        '"',
        '\\',
        ',',
        ';',
        ':',
        ' ',
        '\r\n ',
        '\n',
        '\0',
        '\u00fc',
      ),
      { maxLength: 25 },
    )
    .map((parts) => parts.join(''))

  it('is read or refused at a place within it, and what is read can be written', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const result = parseAddressList(text)
        if (result.kind === 'fault') {
          expect(result.at).toBeGreaterThanOrEqual(0)
          expect(result.at).toBeLessThanOrEqual(text.length)
          return
        }
        const again = parseAddressList(formatAddressList(result.value, { utf8: true }))
        expect(again).toEqual({ kind: 'value', value: withoutComments(result.value), leniency: [] })
      }),
      { numRuns: 5000 },
    )
  })
})

describe('stripComments', () => {
  it.each([
    ['auto-replied (vacation)', 'auto-replied'],
    ['1.0 (made (by) hand)', '1.0'],
    ['(a) x (b) y(c)z', 'x y z'],
    ['"(not one)" x', '"(not one)" x'],
    ['  ', ''],
    ['a\r\n b', 'a b'],
    ['a (b', undefined],
    ['"a', undefined],
  ])('of %j is %j', (text, stripped) => {
    expect(stripComments(text)).toBe(stripped)
  })
})
