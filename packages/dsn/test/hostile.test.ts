import { type Domain, formatMailbox, parseMailbox } from '@angarium/smtp-wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EsmtpParameter, Report, ReportRecipient } from '../src/index.ts'
import { characters, compose, groupsOf, octets, plain } from './rig.ts'

// What a peer may have said, and what a spool may hold: line ends, controls, half pairs, marks of direction, length.
const remote = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\0',
        '\x1b',
        '\u0085',
        '\u2028',
        '\u202e',
        '\ud800',
        '\u00fc',
        '--=_',
        'Action: delivered',
        '\r\n\r\n',
        ' ',
        '\t',
        'x'.repeat(400),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
)

const recipient: fc.Arbitrary<ReportRecipient> = fc
  .record(
    {
      address: remote,
      parameters: fc.array(
        fc.tuple(
          fc.constantFrom('ORCPT', 'NOTIFY'),
          fc.option(fc.oneof(remote, fc.constant('rfc822;a+0D+0Ab')), { nil: undefined }),
        ),
        { maxLength: 2 },
      ) as fc.Arbitrary<EsmtpParameter[]>,
      action: fc.constantFrom('failed', 'delayed', 'delivered', 'relayed', 'expanded'),
      offered: fc.subarray(['SIZE', 'DELIVERBY']).map((keywords) => new Set(keywords)),
      status: remote,
      because: remote,
      reply: fc.record(
        {
          code: fc.integer({ min: 200, max: 599 }),
          status: remote,
          text: fc.array(remote, { maxLength: 30 }),
          peer: remote,
        },
        { requiredKeys: ['code', 'text'] },
      ),
      finalLogId: remote,
    },
    { requiredKeys: ['address', 'parameters', 'action'] },
  )
  // Success is reported when asked for.
  .map((one) =>
    one.action === 'failed' || one.action === 'delayed'
      ? one
      : { ...one, parameters: [['NOTIFY', 'SUCCESS'] as const, ...one.parameters] },
  )

const report: fc.Arbitrary<Partial<Report>> = fc.record({
  parameters: fc.array(
    fc.tuple(
      fc.constantFrom('ENVID', 'RET', 'SMTPUTF8', 'BY', 'HOLDFOR', 'HOLDUNTIL', 'MT-PRIORITY', 'REQUIRETLS'),
      fc.option(fc.oneof(remote, fc.constantFrom('60;NT', '5')), { nil: undefined }),
    ),
    {
      maxLength: 4,
    },
  ) as fc.Arbitrary<EsmtpParameter[]>,
  recipients: fc.array(recipient, { minLength: 1, maxLength: 3 }),
  receivedFrom: remote,
  arrival: fc.constant(plain.now - 1000),
  content: fc.record({
    octets: fc
      .array(
        fc.constantFrom('A: b', '\r\n', '\n', '\r', ':', ' ', '\0', '\xfc', '\xc3\xbc', 'x'.repeat(999), '--=_000102'),
        { maxLength: 12 },
      )
      .map((parts) => octets(parts.join(''))),
    complete: fc.boolean(),
  }),
})

const NAMES = new Set([
  'Original-Envelope-Id',
  'Reporting-MTA',
  'Received-From-MTA',
  'Arrival-Date',
  'Deliver-By-Date',
  'Future-Release-Request',
  'Original-Recipient',
  'Final-Recipient',
  'Action',
  'Status',
  'Remote-MTA',
  'Diagnostic-Code',
  'Final-Log-ID',
])

describe('whatever peers said and messages hold', () => {
  it('a report is composed that says no more than it should', () => {
    fc.assert(
      fc.property(report, (change) => {
        const one = compose(change)
        const text = characters(one.content)
        // Lines, and nothing that breaks one.
        expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
        expect(text.endsWith('\r\n')).toBe(true)
        for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
        // 8-bit octets only where they are declared.
        expect(/[\x80-\xff]/.test(text)).toBe(one.needs8bit)
        for (const { encoding, body } of one.parts)
          expect(/[\x80-\xff]/.test(characters(body))).toBe(encoding === '8bit')
        // The parts are ours, and so are the fields.
        expect(one.parts.length === 2 || one.parts.length === 3).toBe(true)
        const groups = groupsOf(one.parts[1]?.body ?? octets(''))
        expect(groups).toHaveLength(1 + (change.recipients?.length ?? 0))
        for (const [i, group] of groups.entries()) {
          const names = group.map(([name]) => name)
          for (const name of names) expect(NAMES).toContain(name)
          expect(new Set(names).size).toBe(names.length)
          if (i > 0) expect(Object.fromEntries(group).Action).toBe(change.recipients?.[i - 1]?.action)
        }
        // What was to be protected is.
        const isProtected = change.parameters?.some(([keyword]) => keyword === 'REQUIRETLS') === true
        expect(one.envelope.parameters.some(([keyword]) => keyword === 'REQUIRETLS')).toBe(isProtected)
        if (isProtected) expect(one.parts[2]?.type ?? 'text/rfc822-headers').toMatch(/headers$/)
        for (const [keyword, value = ''] of one.envelope.parameters)
          expect(`${keyword}${value}`).toMatch(/^[A-Z0-9-]+$/)
        // A whole message comes back as it was.
        const back = one.parts[2]
        if (back?.type === 'message/rfc822' || back?.type === 'message/global')
          expect(characters(back.body)).toBe(characters(change.content?.octets ?? octets('')))
      }),
      { numRuns: 500 },
    )
  })

  it('a report goes to every reverse-path a server may have accepted', () => {
    const localPart = fc.string({ unit: 'grapheme-ascii', maxLength: 40 })
    const domain = fc.oneof(
      fc.domain(),
      fc.ipV4().map((one) => `[${one}]`),
      fc.ipV6().map((one) => `[IPv6:${one}]`),
    )
    fc.assert(
      fc.property(localPart, domain, (local, host) => {
        const path = formatMailbox({ kind: 'mailbox', localPart: local, domain: host as Domain })
        fc.pre(parseMailbox(path) !== undefined)
        const { envelope, header } = compose({ reversePath: path })
        expect(envelope.recipient).toBe(path)
        expect(parseMailbox(header.first('To')?.text.slice(1, -1) ?? '')).toEqual(parseMailbox(path))
      }),
    )
  })

  it('a report of many recipients stays within reason', () => {
    const text = Array.from({ length: 100 }, () => '\u0001'.repeat(2000))
    const recipients = Array.from({ length: 100 }, (_, i) => ({
      address: `a${i}@b.example`,
      parameters: [],
      action: 'failed' as const,
      reply: { code: 550, text, peer: 'x'.repeat(5000) },
    }))
    expect(compose({ ...plain, recipients }).content.length).toBeLessThan(100 * 8000)
  })
})
