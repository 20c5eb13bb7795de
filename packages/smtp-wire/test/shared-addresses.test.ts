import { describe, expect, it } from 'vitest'
import {
  addressLimits,
  formatMailbox,
  formatPath,
  parseAddressLiteral,
  parseDomain,
  parseLocalPart,
  parseMailbox,
  readForwardPath,
} from '../src/index.ts'
import { hasShared, shared, withoutShared } from './codec-shared.ts'

/**
 * Cases whose authors had another grammar in mind, and the clause that decides for us. One that stands here and is
 * decided as its author has it fails, as does one that is not met.
 */
const deviations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  isemail: {
    'test@[IPv6:1111:2222:3333:4444:5555:6666::8888]': '5321 4.1.3, our one deviation: "::" may stand for one group',
    'test@[1111:2222:3333:4444:5555:6666:7777:8888]': '5321 4.1.3: a General-address-literal, whose tag is "1111"',
    'first.last@[IPv5:::12.34.56.78]': '5321 4.1.3: a General-address-literal; which tags are registered is no grammar',
  },
  flanker: {
    'bob@under_scope': '5321 4.1.2: sub-domain has no "_"',
    'Matt "The Matt" Mickiewicz <matt.Mickiewicz@99designs.com>': '5321 4.1.2: a mailbox has no display name',
    '"<john@smith.com>" <john@smith.com>': '5321 4.1.2: a mailbox has no display name',
    '(this is a comment) test@example.com': '5321 4.1.2: no comments',
    '(this is a comment)test@example.com': '5321 4.1.2: no comments',
    'test@example.com (this is a comment)': '5321 4.1.2: no comments',
    'test@xn--example.com': '5321 4.1.2: a label of letters, digits and hyphens; IDNA is for whoever looks it up',
  },
  'python-email-validator': {
    '"My.\\"Na\\\\me\\".Is" <"me \\" \\\\ me"@example.org>': '5321 4.1.2: a mailbox has no display name',
    'me@xn--0.tld': '5321 4.1.2: a label of letters, digits and hyphens; IDNA is for whoever looks it up',
    'me@[tag:text]': '5321 4.1.3: a General-address-literal; which tags are registered is no grammar',
  },
  'python-email-validator, UTF-8': Object.fromEntries(
    [
      'my@．leadingfwdot.com',
      'my@twofwdots．．.com',
      'my@trailingfwdot.com．',
      'me@－leadingdashfw',
      'my@baddashfw.b－.com',
      'me@⒈wouldbeinvalid.com',
      'me@\u1fef.com',
      'me.\u037e@example.com',
    ].map((text) => [text, '6531 3.3: which characters a U-label has is told by IDNA, for whoever looks it up']),
  ),
}

class Deviations {
  readonly #left: Map<string, string>

  constructor(source: string) {
    this.#left = new Map(Object.entries(deviations[source] ?? {}))
  }

  /** What is to be expected of a case. */
  expected(text: string, valid: boolean): boolean {
    return this.#left.delete(text) ? !valid : valid
  }

  end(): void {
    expect([...this.#left.keys()]).toEqual([])
  }
}

describe(`third-party addresses${withoutShared}`, () => {
  it.skipIf(!hasShared)('isemail: valid in SMTP is what its strict categories say', () => {
    const deviations = new Deviations('isemail')
    const accepted = new Set(['ISEMAIL_VALID_CATEGORY', 'ISEMAIL_DNSWARN', 'ISEMAIL_RFC5321'])
    let seen = 0
    for (const file of ['tests.xml', 'tests-original.xml'])
      for (const { address, category, diagnosis } of readIsemail(shared(`isemail/${file}`))) {
        seen += 1
        const expected = deviations.expected(address, accepted.has(category))
        expect(parseMailbox(address) !== undefined, `${address} (${diagnosis})`).toBe(expected)
      }
    deviations.end()
    expect(seen).toBeGreaterThan(200)
  })

  it.skipIf(!hasShared)('flanker: mailboxes and local-parts', () => {
    const deviations = new Deviations('flanker')
    for (const name of ['mailbox', 'abridged_localpart'])
      for (const valid of [true, false])
        for (const text of readFlanker(shared(`flanker/${name}_${valid ? 'valid' : 'invalid'}.txt`))) {
          const read = name === 'mailbox' ? parseMailbox(text) : parseLocalPart(text)
          expect(read !== undefined, text).toBe(deviations.expected(text, valid))
        }
    deviations.end()
  })

  it.skipIf(!hasShared)('python-email-validator', () => {
    const utf8 = { ...addressLimits, utf8: true }
    const ascii = new Deviations('python-email-validator')
    const wide = new Deviations('python-email-validator, UTF-8')
    const cases = (name: string): readonly string[] =>
      JSON.parse(shared(`python-email-validator/${name}.json`)).cases.map(
        (one: { email_input: string }) => one.email_input,
      )
    for (const text of ['email-valid', 'email-valid-intl-local-part', 'email-valid-only-if-quoted-local-part'].flatMap(
      cases,
    ))
      expect(parseMailbox(text, utf8) !== undefined, text).toBe(ascii.expected(text, true))
    // Lengths after normalization, and what IDNA maps, are beyond the grammar; here what it says of octets decides.
    for (const text of cases('email-invalid-syntax')) {
      if (/^[\0-\x7f]*$/.test(text))
        expect(parseMailbox(text), text).toEqual(ascii.expected(text, false) ? expect.anything() : undefined)
      else if (text.length < 40) expect(parseMailbox(text, utf8) !== undefined, text).toBe(wide.expected(text, false))
    }
    ascii.end()
    wide.end()
  })

  it.skipIf(!hasShared)('mox: addresses and local-parts', () => {
    for (const { in: text, valid } of JSON.parse(shared('mox/smtp-address.json')).cases)
      expect(parseMailbox(text) !== undefined, text).toBe(valid)
    for (const { in: text, valid } of JSON.parse(shared('mox/smtp-localpart.json')).cases) {
      expect(parseMailbox(`${text}@example.org`) !== undefined, text).toBe(valid)
      expect(parseLocalPart(text) !== undefined, text).toBe(valid)
    }
    for (const { in: localPart, expect: text } of JSON.parse(shared('mox/smtp-pack-localpart.json')).cases)
      expect(formatMailbox({ kind: 'mailbox', localPart, domain: 'x' as never })).toBe(`${text}@x`)
  })

  it.skipIf(!hasShared)('Postfix: quoting, literals, labels', () => {
    const quoting = shared('postfix/global/quote_822_local.ref')
    const quoted = [...quoting.matchAll(/^'(.*)@(.*)' quoted '(.*)'$/gm)]
    expect(quoted.length).toBeGreaterThan(0)
    for (const [, localPart = '', domain, text] of quoted)
      expect(formatMailbox({ kind: 'mailbox', localPart, domain: domain as never })).toBe(text)
    // A domain with "@" in it is Postfix's own tolerance.
    for (const [, text = ''] of quoting.matchAll(/^'(".*"@.*)' unquoted/gm))
      expect(parseMailbox(text) !== undefined, text).toBe(!text.includes('@d@'))
    // Of literals, what both have: Postfix has no need of a tag for IPv6.
    for (const [text] of shared('postfix/util/host_port.in').matchAll(/^\[ipv6:.*\]$/gm))
      expect(parseAddressLiteral(text) !== undefined, text).toBe(text === '[ipv6:::1]')
    const labels = shared('postfix/util/midna_domain_test.in').split('\n')
    for (const [i, comment = ''] of labels.entries()) {
      if (!/^# (Inv|V)alid/.test(comment)) continue
      for (let at = i + 1; labels[at]?.startsWith('#') === false && labels[at] !== ''; at++)
        expect(parseDomain(labels[at] ?? '') !== undefined, labels[at]).toBe(comment.startsWith('# Valid'))
    }
  })

  it.skipIf(!hasShared)('Metasploit: forms that ask for a relay are one address, or none', () => {
    const values: Record<string, string> = {
      to: 'eve@foreign.example',
      to_user: 'eve',
      to_domain: 'foreign.example',
      host: 'mx.example',
      ip: '192.0.2.1',
    }
    const read: Record<number, string> = {}
    for (const { n, rcpt } of JSON.parse(shared('smtp-attacks/open-relay.json')).cases as {
      n: number
      rcpt: string
    }[]) {
      const step = readForwardPath(rcpt.slice(8).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''))
      read[n] = step.kind === 'item' ? formatPath(step.value) : step.fault
    }
    // What is behind "@" alone says where it goes, whatever the local-part and a source route look like.
    expect(read).toEqual({
      1: '<eve@foreign.example>',
      5: '<eve%foreign.example@[192.0.2.1]>',
      8: 'path-syntax',
      9: 'path-syntax',
      13: '<eve@foreign.example>',
      16: '<foreign.example!eve@mx.example>',
    })
  })
})

function* readFlanker(text: string): Generator<string> {
  for (const line of text.split('\n')) {
    const one = line.replace(/ {3,}#.*$/, '').trimEnd()
    if (one !== '' && !one.startsWith('#')) yield one
  }
}

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
