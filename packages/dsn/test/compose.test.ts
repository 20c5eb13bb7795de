import { decodeText, parseDate, parseMailbox, parseMessageId } from '@angarium/imf-parser'
import { describe, expect, it } from 'vitest'
import { composeReport } from '../src/index.ts'
import { characters, compose, counting, groupsOf, moment, octets, plain } from './rig.ts'

const bob = plain.recipients[0]
if (bob === undefined) throw new Error('no recipient')
const message = plain.content.octets
const minute = 60_000

describe('a failure report', () => {
  it('is addressed to the sender, from nobody, and marked as an answer of a machine', () => {
    const { header, envelope, needs8bit, needsUtf8 } = compose({})
    expect(envelope).toEqual({ reversePath: '', parameters: [], recipient: 'alice@a.example' })
    expect({ needs8bit, needsUtf8 }).toEqual({ needs8bit: false, needsUtf8: false })
    expect(header.pieces.every((piece) => piece.kind === 'field' && piece.irregularities.length === 0)).toBe(true)
    const value = (name: string) => header.all(name).map((field) => field.text)
    expect(parseDate(value('Date')[0] ?? '')).toMatchObject({ value: { instant: moment }, leniency: [] })
    expect(parseMailbox(value('From')[0] ?? '')).toMatchObject({
      value: { displayName: 'Mail Delivery System', localPart: 'MAILER-DAEMON', domain: 'mx.example.com' },
    })
    expect(value('To')).toEqual(['<alice@a.example>'])
    expect(value('Subject')).toEqual(['Delivery Status Notification (Failure)'])
    expect(parseMessageId(value('Message-ID')[0] ?? '')).toMatchObject({ kind: 'value', leniency: [] })
    expect(value('Auto-Submitted')).toEqual(['auto-replied'])
    expect(value('MIME-Version')).toEqual(['1.0'])
    expect(value('Content-Type')[0]).toMatch(/^multipart\/report; report-type=delivery-status; boundary="[^"]+"$/)
    expect(value('Content-Transfer-Encoding')).toEqual([])
  })

  it('has three parts, and says in the first what happened and what to do', () => {
    const { parts } = compose({ arrival: moment - 5 * minute })
    expect(parts.map(({ type, encoding }) => [type, encoding])).toEqual([
      ['text/plain; charset=us-ascii', '7bit'],
      ['message/delivery-status', '7bit'],
      ['message/rfc822', '7bit'],
    ])
    expect(characters(parts[0]?.body ?? octets('')).split('\r\n')).toEqual([
      'This is the mail system of mx.example.com.',
      '',
      'It took your message on Mon, 23 Nov 2026 09:25:00 +0000.',
      '',
      'Your message could not be delivered to the recipients below. It will not be',
      'tried again.',
      '',
      '<bob@b.example>',
      '    mail.b.example said:',
      '        550 5.1.1 No such user',
      '    Status 5.1.1: Bad destination mailbox address.',
      '    Check the address, then send the message again.',
      '',
      'If you need help, write to <postmaster@mx.example.com> and send this report',
      'along.',
      '',
    ])
    expect(parts[2]?.body).toEqual(message)
  })

  it('says the same to programs', () => {
    const { parts } = compose({
      parameters: [
        ['ENVID', 'QQ+2B314+20x'],
        ['RET', 'HDRS'],
      ],
      receivedFrom: 'client.example',
      arrival: moment - 5 * minute,
      recipients: [
        {
          ...bob,
          parameters: [['ORCPT', 'rfc822;Bob+2Blist@b.example']],
          lastAttempt: moment - minute,
          finalLogId: 'Q1',
        },
        { address: 'carl@c.example', parameters: [], action: 'failed', status: '4.4.1', because: 'no connection' },
      ],
    })
    expect(groupsOf(parts[1]?.body ?? octets(''))).toEqual([
      [
        ['Original-Envelope-Id', 'QQ+314 x'],
        ['Reporting-MTA', 'dns; mx.example.com'],
        ['Received-From-MTA', 'dns; client.example'],
        ['Arrival-Date', 'Mon, 23 Nov 2026 09:25:00 +0000'],
      ],
      [
        ['Original-Recipient', 'rfc822; Bob+list@b.example'],
        ['Final-Recipient', 'rfc822; bob@b.example'],
        ['Action', 'failed'],
        ['Status', '5.1.1'],
        ['Remote-MTA', 'dns; mail.b.example'],
        ['Diagnostic-Code', 'smtp; 550 5.1.1 No such user'],
        ['Last-Attempt-Date', 'Mon, 23 Nov 2026 09:29:00 +0000'],
        ['Final-Log-ID', 'Q1'],
      ],
      [
        ['Final-Recipient', 'rfc822; carl@c.example'],
        ['Action', 'failed'],
        ['Status', '4.4.1'],
        ['Diagnostic-Code', 'x-reason; no connection'],
      ],
    ])
  })

  it('gives all lines of a reply', () => {
    const reply = { code: 554, status: '5.7.1', text: ['refused', 'see our rules'], peer: 'mail.b.example' }
    const { parts } = compose({ recipients: [{ ...bob, reply }] })
    expect(Object.fromEntries(groupsOf(parts[1]?.body ?? octets(''))[1] ?? [])).toMatchObject({
      'Diagnostic-Code': 'smtp; 554-5.7.1 refused 554 5.7.1 see our rules',
    })
    expect(characters(parts[0]?.body ?? octets(''))).toContain(
      '554 5.7.1 refused\r\n        554 5.7.1 see our rules\r\n',
    )
  })

  it('refers to the message', () => {
    const withId = (fields: string) => {
      const { header } = compose({ content: { octets: octets(`${fields}\r\n`), complete: true } })
      return ['In-Reply-To', 'References'].map((name) => header.first(name)?.text)
    }
    expect(withId('Message-ID: <1@a.example>\r\n')).toEqual(['<1@a.example>', '<1@a.example>'])
    expect(withId('References: <0@a.example>\r\nMessage-ID: <1@a.example>\r\n')).toEqual([
      '<1@a.example>',
      '<0@a.example> <1@a.example>',
    ])
    for (const odd of [
      '',
      'Message-ID: 1\r\n',
      'Message-ID: <1>\r\n',
      'Message-ID: <\xfc@a>\r\n',
      `Message-ID: <${'a'.repeat(999)}@b>\r\n`,
    ])
      expect(withId(odd)).toEqual([undefined, undefined])
  })
})

describe('other reports', () => {
  it('of a delay bring back the header and say until when attempts go on', () => {
    const until = moment + 5 * 24 * 60 * minute
    const { header, parts } = compose({
      recipients: [{ ...bob, action: 'delayed', willRetryUntil: until, reply: { code: 451, text: [''] } }],
    })
    expect(header.first('Subject')?.text).toBe('Delivery Status Notification (Delay)')
    expect(parts.map(({ type }) => type)).toEqual([
      'text/plain; charset=us-ascii',
      'message/delivery-status',
      'text/rfc822-headers',
    ])
    expect(characters(parts[2]?.body ?? octets(''))).toBe('From: alice@a.example\r\nSubject: hello\r\n')
    const group = Object.fromEntries(groupsOf(parts[1]?.body ?? octets(''))[1] ?? [])
    expect(group).toEqual({
      'Final-Recipient': 'rfc822; bob@b.example',
      Action: 'delayed',
      Status: '4.0.0',
      'Diagnostic-Code': 'x-reason; 451',
      'Will-Retry-Until': 'Sat, 28 Nov 2026 09:30:00 +0000',
    })
    expect(characters(parts[0]?.body ?? octets(''))).toMatch(/You need not do anything. Attempts go on until/)
  })

  it('of success promise no more attempts', () => {
    for (const action of ['delivered', 'relayed', 'expanded'] as const) {
      const asked = { ...bob, action, parameters: [['NOTIFY', 'SUCCESS']], willRetryUntil: moment } as const
      const { parts } = compose({ recipients: [asked] })
      expect(Object.keys(Object.fromEntries(groupsOf(parts[1]?.body ?? octets(''))[1] ?? []))).toEqual([
        'Final-Recipient',
        'Action',
        'Status',
        'Remote-MTA',
        'Diagnostic-Code',
      ])
    }
  })

  it('name only the recipients whose sender wants it', () => {
    const never = { ...bob, address: 'never@b.example', parameters: [['NOTIFY', 'NEVER']] } as const
    const { content } = compose({ recipients: [never, bob] })
    expect(characters(content)).not.toContain('never@b.example')
    expect(composeReport({ ...plain, recipients: [never] })).toBeUndefined()
    expect(composeReport({ ...plain, recipients: [] })).toBeUndefined()
  })

  it('never answer the null reverse-path', () => {
    expect(composeReport({ ...plain, reversePath: '' })).toBeUndefined()
  })
})

describe('the status', () => {
  const status = (change: object) => {
    const { parts } = compose({ recipients: [{ ...bob, ...change }] })
    return Object.fromEntries(groupsOf(parts[1]?.body ?? octets(''))[1] ?? []).Status
  }

  it('is the given one, the reply\u2019s, or a general one', () => {
    expect(status({ status: '5.7.1' })).toBe('5.7.1')
    expect(status({})).toBe('5.1.1')
    expect(status({ reply: { code: 550, text: ['no'] } })).toBe('5.0.0')
    expect(status({ reply: { code: 450, text: ['no'] } })).toBe('4.0.0')
    expect(status({ reply: { code: 550, status: '5.1.1\r\nX: y', text: ['no'] } })).toBe('5.0.0')
    expect(status({ status: 'nonsense' })).toBe('5.1.1')
  })
})

describe('the boundary', () => {
  it('is not one the message holds', () => {
    const first = /boundary="([^"]+)"/.exec(decodeText(compose({}).content))?.[1] ?? ''
    const content = octets(`A: b\r\n\r\n--${first}\r\n`)
    const { parts, header } = compose({ content: { octets: content, complete: true } })
    expect(header.first('Content-Type')?.text).not.toContain(first)
    expect(parts[2]?.body).toEqual(content)
  })

  it('is refused when the randomness is none', () => {
    const random = { bytes: (count: number) => new Uint8Array(count) }
    const content = { octets: octets(`A: b\r\n\r\n=_${'00'.repeat(12)}\r\n`), complete: true }
    expect(() => composeReport({ ...plain, content, random })).toThrowError(
      expect.objectContaining({ code: 'BOUNDARY_TAKEN' }),
    )
    expect(composeReport({ ...plain, random })).toBeDefined()
  })
})

describe('the caller', () => {
  it('must know its own name and the sender\u2019s address', () => {
    for (const reportingHost of ['', 'a b', 'mx.example.com\r\nX: y', '-a', 'a..b'])
      expect(() => composeReport({ ...plain, reportingHost })).toThrowError(
        expect.objectContaining({ code: 'BAD_HOST' }),
      )
    for (const reversePath of ['alice', 'Alice <a@b.example>', 'a@b.example, c@d.example', 'a@b.example\r\nX: y'])
      expect(() => composeReport({ ...plain, reversePath })).toThrowError(
        expect.objectContaining({ code: 'BAD_ADDRESS' }),
      )
    expect(() => composeReport({ ...plain, now: Number.NaN })).toThrowError(
      expect.objectContaining({ code: 'BAD_DATE' }),
    )
  })

  it('may be known by its address only', () => {
    const { header, parts } = compose({ reportingHost: '[192.0.2.1]', random: counting() })
    expect(header.first('From')?.text).toBe('Mail Delivery System <MAILER-DAEMON@[192.0.2.1]>')
    expect(groupsOf(parts[1]?.body ?? octets(''))[0]).toEqual([['Reporting-MTA', 'x-local-hostname; [192.0.2.1]']])
  })

  it('gets addresses with odd local-parts written as they must be', () => {
    expect(compose({ reversePath: '"a b"@c.example' }).header.first('To')?.text).toBe('<"a b"@c.example>')
  })
})
