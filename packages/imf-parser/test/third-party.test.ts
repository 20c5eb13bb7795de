import { describe, expect, it } from 'vitest'
import {
  createReceivedCounter,
  decodeText,
  formatAddressList,
  formatMailbox,
  type Mailbox,
  mailbox,
  parseAddressList,
  parseDate,
  parseMailbox,
  parseMessageIds,
  parseReceived,
  readHeader,
} from '../src/index.ts'
import {
  characters,
  hasShared,
  octets,
  sharedFiles,
  sharedJson,
  sharedOctets,
  sharedText,
  unlessShared,
} from './rig.ts'

// Cases of other projects. Where we differ from one on purpose, the case is named with the reason.
const shared = describe.skipIf(!hasShared)

type Text = string | { readonly hex: string }
const textOf = (text: Text): string =>
  typeof text === 'string'
    ? text
    : decodeText(Uint8Array.from(text.hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16)))

const mailboxes = (text: string): readonly Mailbox[] | undefined => {
  const read = parseAddressList(text)
  return read.kind === 'fault' ? undefined : read.value.flatMap((one) => (one.kind === 'group' ? one.mailboxes : [one]))
}

const addressOf = ({ localPart, domain }: Mailbox): string => `${localPart}@${domain}`

shared(`go net/mail${unlessShared}`, () => {
  interface Case {
    readonly in: Text
    readonly expect: readonly { readonly name: string; readonly address: string }[]
  }

  it('address lists', () => {
    for (const one of sharedJson<{ cases: Case[] }>('vectors/go-net-mail/address-lists.json').cases) {
      const got = mailboxes(textOf(one.in))?.map((box) => ({ name: box.displayName ?? '', address: addressOf(box) }))
      // Go decodes encoded-words, and takes a comment behind an address for its name; neither is the parser's work here.
      const known = JSON.stringify(one.in).includes('=?')
        ? one.expect.map(({ address }, i) => ({ name: got?.[i]?.name, address }))
        : one.expect
      expect(got, textOf(one.in)).toEqual(known)
    }
  })

  it('address errors', () => {
    const legal = [
      '(John) Doe <jdoe@machine.example>', // CFWS may stand before a phrase
      '<jdoe@[256.0.0.1]>', // dtext is any text; which literals are addresses is SMTP's business
    ]
    for (const one of sharedJson<{ cases: Case[] }>('vectors/go-net-mail/address-errors.json').cases)
      expect(parseMailbox(textOf(one.in)).kind, textOf(one.in)).toBe(legal.includes(textOf(one.in)) ? 'value' : 'fault')
  })

  it('address format: what Go writes is what we mean', () => {
    const cases = sharedJson<{ cases: { name: string; address: string; expect: string }[] }>(
      'vectors/go-net-mail/address-format.json',
    ).cases.filter(({ address }) => !['', '@'].includes(address)) // Go writes these all the same
    for (const { name, address, expect: written } of cases) {
      const at = address.lastIndexOf('@')
      const box = mailbox(address.slice(0, at), address.slice(at + 1), name === '' ? undefined : name)
      if (name === '') expect(parseMailbox(written)).toMatchObject({ value: box, leniency: [] })
      expect(parseMailbox(formatMailbox(box, { utf8: true }))).toEqual({ kind: 'value', value: box, leniency: [] })
    }
  })

  it('dates', () => {
    interface Moment {
      readonly y: number
      readonly mo: number
      readonly d: number
      readonly h: number
      readonly mi: number
      readonly s: number
      readonly offset_seconds: number
    }
    const differing = [
      'Fri, 21 Nov 199\r\n7  09:55:06 -0600    \r\n (thisisa(valid)cfws)   \t ', // a line end within a number
      'Tue, 26 May 2020 14:04:40 XT', // RFC 5322 4.3: an unknown zone counts as -0000
      'Thu, 21 May 2020 14:04:40 XT',
    ]
    for (const file of ['dates', 'dates-cfws'])
      for (const one of sharedJson<{ cases: { in: Text; expect: Moment | 'any' | null }[] }>(
        `vectors/go-net-mail/${file}.json`,
      ).cases) {
        const text = textOf(one.in)
        const read = parseDate(text)
        const accepted = differing.includes(text) ? one.expect === null : one.expect !== null
        expect(read.kind, text).toBe(accepted ? 'value' : 'fault')
        if (read.kind === 'fault' || one.expect === null || one.expect === 'any') continue
        const { y, mo, d, h, mi, s, offset_seconds } = one.expect
        expect(read.value.instant, text).toBe(Date.UTC(y, mo - 1, d, h, mi, s) - offset_seconds * 1000)
      }
  })
})

shared(`flanker${unlessShared}`, () => {
  const lines = (file: string): string[] =>
    sharedText(`vectors/flanker/${file}`)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))

  it('valid mailboxes, which say the same when written again', () => {
    for (const line of lines('mailbox_valid.txt')) {
      const list = mailboxes(line)
      expect(list, line).toHaveLength(1)
      const [first] = list ?? []
      if (first !== undefined)
        expect(mailboxes(formatMailbox(first, { utf8: true })), line).toMatchObject([{ ...first, comments: [] }])
    }
  })

  it('invalid mailboxes', () => {
    for (const line of lines('mailbox_invalid.txt')) {
      // Limits of length, and names that are no A-labels, are not the grammar's.
      const legal = line.length > 1000 || line === 'test@xn--example.com'
      expect(parseMailbox(line).kind, line).toBe(legal ? 'value' : 'fault')
    }
  })
})

shared(`isemail${unlessShared}`, () => {
  it('addresses, by category', () => {
    const plain = (text: string): string =>
      text
        .replace(/&#x([0-9A-Fa-f]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
        .replace(/&(amp|lt|gt|quot);/g, (_, name: 'amp') => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name])
        .replace(/[\u2400-\u2421]/g, (picture) =>
          String.fromCharCode(picture === '\u2421' ? 0x7f : picture.charCodeAt(0) - 0x2400),
        )
    const tests = [...sharedText('vectors/isemail/tests.xml').matchAll(/<test id="\d+">([\s\S]*?)<\/test>/g)]
    expect(tests.length).toBeGreaterThan(80)
    for (const [, test = ''] of tests) {
      const tag = (name: string): string => plain(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(test)?.[1] ?? '')
      const address = tag('address')
      // RFC5322: only lengths and literals speak against it, which are SMTP's business; so do two of the errors.
      const legal =
        tag('category') !== 'ISEMAIL_ERR' ||
        tag('diagnosis') === 'ISEMAIL_ERR_DOMAINHYPHENEND' ||
        address === '"test\\\u00a9"@iana.org' // RFC 6532 lets UTF-8 stand in a quoted-pair
      // Obsolete, and dangerous: a quoted NUL, and a control in a domain literal.
      const refused = address.includes('\0') || /\[.*\p{Cc}/u.test(address)
      const read = parseMailbox(address)
      expect(read.kind, address).toBe(legal && !refused ? 'value' : 'fault')
    }
  })
})

shared(`python-email-validator${unlessShared}`, () => {
  const cases = (name: string) =>
    sharedJson<{ cases: { email_input: string; output?: { local_part: string } }[] }>(
      `vectors/python-email-validator/email-${name}.json`,
    ).cases

  it('valid addresses', () => {
    for (const name of ['valid', 'valid-intl-local-part', 'valid-only-if-quoted-local-part'])
      for (const { email_input, output } of cases(name)) {
        const read = parseMailbox(email_input)
        expect(read, email_input).toMatchObject({ kind: 'value', leniency: [] })
        // It normalizes to NFC, and gives quoted local-parts with their quotes.
        const local = mailboxes(`${output?.local_part ?? 'a'}@b.example`)?.[0]?.localPart
        if (output !== undefined && read.kind === 'value')
          expect(read.value.localPart.normalize(), email_input).toBe(local)
      }
  })

  it('invalid addresses: what we take is at least written back as it was', () => {
    let refused = 0
    for (const { email_input } of cases('invalid-syntax')) {
      const read = parseMailbox(email_input)
      if (read.kind === 'fault') refused += 1
      else
        expect(mailboxes(formatAddressList([read.value], { utf8: true })), email_input).toMatchObject([
          { ...read.value, comments: [] },
        ])
    }
    expect(refused).toBeGreaterThan(10)
  })
})

shared(`mail-parser${unlessShared}`, () => {
  interface Moment {
    readonly year: number
    readonly month: number
    readonly day: number
    readonly hour: number
    readonly minute: number
    readonly second: number
    readonly tz_before_gmt: boolean
    readonly tz_hour: number
    readonly tz_minute: number
  }
  const instant = (at: Moment): number =>
    Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) -
    (at.tz_before_gmt ? -1 : 1) * (at.tz_hour * 60 + at.tz_minute) * 60_000
  const body = (header: string): string => header.replace(/\r?\n$/, '')

  it('dates', () => {
    const repaired = [' 4 8 15 16 23 42, 4 8 15 16 23 42, 4 8 15 16 23 42, ', 'Thu, 10 Jul 1997 14:53:31 EST5EDT']
    for (const { header, expected } of sharedJson<{ header: string; expected: Moment | null }[]>(
      'vectors/mail-parser/date.json',
    )) {
      const read = parseDate(body(header))
      if (expected === null || repaired.includes(header)) expect(read.kind, header).toBe('fault')
      else expect(read, header).toMatchObject({ value: { instant: instant(expected) } })
    }
  })

  it('identifiers', () => {
    for (const { header, expected } of sharedJson<{ header: string; expected: string[] | null }[]>(
      'vectors/mail-parser/id.json',
    )) {
      const read = parseMessageIds(body(header))
      // A word without brackets is a phrase to RFC 5322, and no identifier.
      if (header.includes('<')) expect(read.kind === 'value' ? read.value : null, header).toEqual(expected)
    }
  })

  it('Received', () => {
    interface Expected {
      readonly from_ip?: string
      readonly id?: string
      readonly for_?: string
      readonly date: Moment | null
    }
    const differing: (string | undefined)[] = []
    let dates = 0
    for (const { header, expected } of sharedJson<{ header: string; expected: Expected }[]>(
      'vectors/mail-parser/received.json',
    )) {
      const read = parseReceived(body(header))
      expect(read.kind, header).toBe('value')
      if (read.kind === 'fault') continue
      const { from, id, for: path, date } = read.value
      // Its two-digit years are taken as they stand, which is no reading of RFC 5322.
      if (expected.date !== null && expected.date.year >= 1970 && date !== undefined) {
        expect(date.instant, header).toBe(instant(expected.date))
        dates += 1
      }
      if (expected.from_ip !== undefined) expect(from?.address, header).toBe(expected.from_ip)
      // It gives an identifier without its brackets.
      const ours = [id?.replace(/^<(.*)>$/, '$1'), path]
      differing.push(...[expected.id, expected.for_].filter((theirs, i) => (theirs ?? undefined) !== ours[i]))
    }
    expect(dates).toBeGreaterThanOrEqual(60)
    // It cuts identifiers at a slash, and reads a clause behind the date.
    expect(differing).toEqual(['EE', '52', 'asrg@ietf.org'])
  })
})

shared(`whole messages${unlessShared}`, () => {
  const folders = [
    'corpus-bench/messages',
    'vectors/rfc-examples',
    'vectors/bounceparser',
    'vectors/hyperkitty',
    'vectors/flanker/messages/bounce',
  ]

  it('are framed without a missing octet, whole and in chunks, as LF and as CRLF', () => {
    let fields = 0
    for (const folder of folders)
      for (const file of sharedFiles(folder).filter((name) => /\.(eml|msg|txt)$/.test(name))) {
        const stored = sharedOctets(`${folder}/${file}`)
        const crlf = octets(characters(stored.subarray(0, 65_536)).replace(/\r?\n/g, '\r\n'))
        for (const content of [stored, crlf]) {
          const { pieces, end, all, fields: found } = readHeader(content)
          if (end.kind !== 'end') throw new Error(`${file}: ${end.fault}`)
          expect(pieces.map((piece) => characters(piece.raw)).join(''), file).toBe(
            characters(content.subarray(0, end.at)),
          )
          const counter = createReceivedCounter()
          for (let at = 0; at < content.length; at += 1000) counter.push(content.subarray(at, at + 1000))
          expect(counter.count, file).toBe(all('Received').length)
          fields += found.length
        }
      }
    expect(fields).toBeGreaterThan(5000)
  })
})
