import { describe, expect, it } from 'vitest'
import { characters, compose, groupsOf, octets, plain, utf8 } from './rig.ts'

const bob = plain.recipients[0]
if (bob === undefined) throw new Error('no recipient')

describe('what comes back', () => {
  const back = (content: string, change: Partial<typeof plain> = {}) => {
    const report = compose({ content: { octets: octets(content), complete: true }, ...change })
    const part = report.parts[2]
    return { ...report, type: part?.type, encoding: part?.encoding, body: part && characters(part.body) }
  }
  const head = 'From: alice@a.example\r\n'

  it('is the whole message, octet for octet', () => {
    const content = `${head}\r\n.\r\n--=_000\r\n\x01\x1b`
    expect(back(content)).toMatchObject({ type: 'message/rfc822', encoding: '7bit', body: content, needs8bit: false })
  })

  it('is declared 8-bit when it is', () => {
    const report = back(`${head}\r\n\xff\xfe\r\n`)
    expect(report).toMatchObject({ type: 'message/rfc822', encoding: '8bit', body: `${head}\r\n\xff\xfe\r\n` })
    expect(report).toMatchObject({
      needs8bit: true,
      needsUtf8: false,
      envelope: { parameters: [['BODY', '8BITMIME']] },
    })
    expect(report.header.first('Content-Transfer-Encoding')?.text).toBe('8bit')
  })

  it('is the header when RET says so, when the message is too long, or not all of it is at hand', () => {
    const headers = { type: 'text/rfc822-headers', body: head }
    expect(back(`${head}\r\nx`, { parameters: [['RET', 'HDRS']] })).toMatchObject(headers)
    expect(back(`${head}\r\nx`, { parameters: [['RET', 'FULL']] }).type).toBe('message/rfc822')
    expect(back(`${head}\r\n${'x\r\n'.repeat(10)}`, { returnOctets: 50 })).toMatchObject(headers)
    expect(back(`${head}\r\nx`, { returnOctets: 26 })).toMatchObject({ type: 'message/rfc822' })
    expect(back(`${head}\r\n${'x\r\n'.repeat(16_660)}`)).toMatchObject(headers)
    expect(compose({ content: { octets: octets(`${head}\r\nx`), complete: false } }).parts[2]?.type).toBe(
      'text/rfc822-headers',
    )
  })

  it.each([
    ['NUL', 'a\0b\r\n'],
    ['a CR alone', 'a\rb\r\n'],
    ['a CR at the end', 'a\r'],
    ['a LF alone', 'a\nb\r\n'],
    ['a LF at the start', '\n'],
    ['an overlong line', `${'x'.repeat(999)}\r\n`],
    ['an overlong last line', 'x'.repeat(999)],
  ])('is the header when the body holds %s', (_, body) => {
    expect(back(`${head}\r\n${body}`)).toMatchObject({ type: 'text/rfc822-headers', encoding: '7bit', body: head })
  })

  it('is the whole message up to lines of 998 octets', () => {
    expect(back(`${head}\r\n${'x'.repeat(998)}\r\n${'y'.repeat(998)}`).type).toBe('message/rfc822')
  })

  it('is a mended header when the header is broken', () => {
    const broken = 'From x\r\nA: 1\nB: 2\0\x1b\r\nno field\r\nC: 3\r4\r\nD: 5'
    const mended = 'A: 1\r\nB: 2??\r\nC: 3 4\r\nD: 5\r\n'
    expect(back(broken)).toMatchObject({ type: 'text/rfc822-headers', encoding: '7bit', body: mended })
  })

  it('is encoded when the header is not ASCII, or has an overlong line', () => {
    const odd = back('A: \xfc=\0\r\n\r\n\0')
    expect(odd).toMatchObject({ encoding: 'quoted-printable', body: 'A: =FC=3D?\r\n', needs8bit: false })
    const long = back(`A: ${'x'.repeat(1000)} \r\n\r\n\0`)
    expect(long.encoding).toBe('quoted-printable')
    expect(long.body?.replaceAll('=\r\n', '')).toBe(`A: ${'x'.repeat(1000)}=20\r\n`)
    for (const line of long.body?.split('\r\n') ?? []) expect(line.length).toBeLessThanOrEqual(76)
  })

  it('is as many fields as fit', () => {
    const fields = Array.from({ length: 9 }, (_, i) => `A${i}: ${'x'.repeat(20)}\r\n`)
    const report = back(`${fields.join('')}\r\n`, { returnOctets: 60 })
    expect(report.body).toBe(fields.slice(0, 2).join(''))
  })

  it('is nothing when there is nothing', () => {
    expect(back('').parts).toHaveLength(2)
    expect(back('\r\n', { parameters: [['RET', 'HDRS']] }).parts).toHaveLength(2)
  })
})

describe('a message with SMTPUTF8', () => {
  const content = new TextEncoder().encode('From: j\u00f6rg@a.example\r\nSubject: Gr\u00fc\u00dfe\r\n\r\nx\r\n')
  const smtputf8 = [['SMTPUTF8', undefined]] as const

  it('comes back as message/global, and its report speaks UTF-8', () => {
    const report = compose({
      reversePath: 'j\u00f6rg@a.example',
      parameters: smtputf8,
      content: { octets: content, complete: true },
      recipients: [
        { ...bob, address: 'b\u00f6b@b.example', parameters: [['ORCPT', 'utf-8;b\\x{F6}b\\x{2B}x@b.example']] },
      ],
    })
    expect(report).toMatchObject({
      needs8bit: true,
      needsUtf8: true,
      envelope: {
        recipient: 'j\u00f6rg@a.example',
        parameters: [
          ['BODY', '8BITMIME'],
          ['SMTPUTF8', undefined],
        ],
      },
    })
    expect(report.header.first('To')?.text).toBe('<j\u00f6rg@a.example>')
    expect(report.parts.map(({ type, encoding }) => [type, encoding])).toEqual([
      ['text/plain; charset=utf-8', '8bit'],
      ['message/global-delivery-status', '8bit'],
      ['message/global', '8bit'],
    ])
    expect(utf8(report.parts[0]?.body ?? octets(''))).toContain('<b\u00f6b@b.example>')
    expect(utf8(report.parts[1]?.body ?? octets(''))).toContain(
      'Original-Recipient: utf-8; b\u00f6b+x@b.example\r\nFinal-Recipient: utf-8; b\u00f6b@b.example\r\n',
    )
    expect(report.parts[2]?.body).toEqual(content)
  })

  it('comes back as message/global-headers when only its header does', () => {
    const { parts, needsUtf8 } = compose({
      parameters: [...smtputf8, ['RET', 'HDRS']],
      content: { octets: content, complete: true },
    })
    expect(parts.map(({ type, encoding }) => [type, encoding])).toEqual([
      ['text/plain; charset=us-ascii', '7bit'],
      ['message/delivery-status', '7bit'],
      ['message/global-headers', '8bit'],
    ])
    expect(utf8(parts[2]?.body ?? octets(''))).toBe('From: j\u00f6rg@a.example\r\nSubject: Gr\u00fc\u00dfe\r\n')
    expect(needsUtf8).toBe(false)
  })

  it('whose header is not UTF-8 after all comes back as it can', () => {
    const odd = octets('Subject: \xfc\r\n\r\nx\r\n')
    expect(compose({ parameters: smtputf8, content: { octets: odd, complete: true } }).parts[2]?.type).toBe(
      'message/rfc822',
    )
    const { parts } = compose({ parameters: [...smtputf8, ['RET', 'HDRS']], content: { octets: odd, complete: true } })
    expect(parts[2]).toMatchObject({ type: 'text/rfc822-headers', encoding: 'quoted-printable' })
  })

  it('is needed for UTF-8: elsewhere all is said in ASCII', () => {
    const { parts } = compose({
      recipients: [
        {
          ...bob,
          parameters: [['ORCPT', 'utf-8;b\\x{F6}b\\x{2B}x@b.example']],
          reply: { code: 550, text: ['gr\u00fcn'], peer: 'mx.b.example' },
        },
      ],
    })
    expect(parts[1]?.type).toBe('message/delivery-status')
    expect(groupsOf(parts[1]?.body ?? octets(''))[1]).toEqual([
      ['Original-Recipient', 'utf-8; b\\x{F6}b\\x{2B}x@b.example'],
      ['Final-Recipient', 'rfc822; bob@b.example'],
      ['Action', 'failed'],
      ['Status', '5.0.0'],
      ['Remote-MTA', 'dns; mx.b.example'],
      ['Diagnostic-Code', 'smtp; 550 gr\\x{FC}n'],
    ])
  })
})
