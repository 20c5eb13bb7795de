import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeUtf8,
  formatReceived,
  parseReceived,
  readHeader,
  type TraceInfo,
  transmissionType,
} from '../src/index.ts'
import { vectors } from './rig.ts'

interface ReceivedVector {
  readonly name: string
  readonly text: string
  readonly value?: Record<string, unknown>
  readonly leniency?: readonly string[]
  readonly fault?: string
}

describe.each(vectors<ReceivedVector>('received'))('Received: $name', ({ text, value, leniency, fault }) => {
  it(fault === undefined ? 'is read' : `is refused: ${fault}`, () => {
    const result = parseReceived(text)
    if (result.kind === 'fault') expect(result.fault).toBe(fault)
    else {
      const { from, by, date, ...words } = result.value
      expect(
        JSON.parse(JSON.stringify({ from, by, ...words, date: date && new Date(date.instant).toISOString() })),
      ).toEqual(value)
      expect(result.leniency).toEqual(leniency ?? [])
    }
  })
})

const trace: TraceInfo = {
  hello: 'client.example',
  address: '192.0.2.1',
  by: 'mx.example.com',
  with: 'ESMTP',
  id: '4abcDEF',
  instant: Date.parse('2026-11-23T09:30:00Z'),
}

describe('length', () => {
  it('is no danger to the stack or the clock', () => {
    for (const text of ['()', 'x ', 'by ', '"x"', '(x) from ', '\r\n '])
      expect(parseReceived(`from a ${text.repeat(200_000)} by b`).kind).toBe('value')
  })
})

describe('formatReceived', () => {
  it('writes the clauses, one a line', () => {
    expect(formatReceived(trace)).toBe(
      'Received: from client.example ([192.0.2.1])\r\n' +
        '\tby mx.example.com with ESMTP id 4abcDEF;\r\n' +
        '\tMon, 23 Nov 2026 09:30:00 +0000\r\n',
    )
    expect(
      formatReceived({
        ...trace,
        hello: '[IPv6:2001:db8::1]',
        address: '2001:db8::1',
        reverseName: 'host.client.example',
        with: 'ESMTPSA',
        for: '"a b"@example.com',
        tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
        offset: 60,
      }),
    ).toBe(
      'Received: from [IPv6:2001:db8::1] (host.client.example [IPv6:2001:db8::1])\r\n' +
        '\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n' +
        '\tby mx.example.com with ESMTPSA id 4abcDEF\r\n' +
        '\tfor <"a b"@example.com>; Mon, 23 Nov 2026 10:30:00 +0100\r\n',
    )
  })

  it('is read again as it was meant, strictly', () => {
    const [field] = readHeader(
      encodeUtf8(formatReceived({ ...trace, reverseName: 'h.example', for: 'a@b.example' })),
    ).fields
    expect(parseReceived(field?.text ?? '')).toEqual({
      kind: 'value',
      leniency: [],
      value: {
        from: {
          name: 'client.example',
          address: '192.0.2.1',
          reverseName: 'h.example',
          comments: ['h.example [192.0.2.1]'],
        },
        by: { name: 'mx.example.com', address: undefined, reverseName: undefined, comments: [] },
        via: undefined,
        with: 'ESMTP',
        id: '4abcDEF',
        for: 'a@b.example',
        date: { instant: trace.instant, offset: 0 },
      },
    })
  })

  it('knows clients without address, and addresses with a zone', () => {
    const { address: _, ...local } = trace
    expect(formatReceived({ ...local, with: 'LMTP' })).toMatch(
      /^Received: from client\.example\r\n\tby mx\.example\.com with LMTP/,
    )
    expect(formatReceived({ ...trace, address: 'fe80::1%eth0' })).toContain('from client.example ([IPv6:fe80::1])\r\n')
  })

  it('moves a hello that is no name into a comment', () => {
    expect(formatReceived({ ...trace, hello: 'a) by evil (\r\nX: y \u00fc' })).toBe(
      'Received: from unknown ([192.0.2.1])\r\n' +
        '\t(hello was a? by evil ???X: y ?)\r\n' +
        '\tby mx.example.com with ESMTP id 4abcDEF;\r\n' +
        '\tMon, 23 Nov 2026 09:30:00 +0000\r\n',
    )
  })

  it('leaves out what only UTF-8 could say, unless it may', () => {
    const names = { hello: 'b\u00fc.example', reverseName: 'b\u00fc.example', for: 'j\u00f6rg@b.example' }
    expect(formatReceived({ ...trace, ...names })).not.toMatch(/[^\t\r\n -~]|reverse| for /)
    expect(formatReceived({ ...trace, ...names }, { utf8: true })).toContain(
      'from b\u00fc.example (b\u00fc.example [192.0.2.1])',
    )
    expect(formatReceived({ ...trace, ...names }, { utf8: true })).toContain('for <j\u00f6rg@b.example>;')
  })

  it('refuses what the server should know better', () => {
    for (const wrong of [
      { address: 'x' },
      { address: '192.0.2.1 ' },
      { by: 'a b' },
      { by: '' },
      { id: 'a b' },
      { id: 'a;b' },
      { id: '' },
    ])
      expect(() => formatReceived({ ...trace, ...wrong })).toThrowError(
        expect.objectContaining({ code: 'BAD_ADDRESS' }),
      )
    expect(() => formatReceived({ ...trace, instant: Number.NaN })).toThrowError(
      expect.objectContaining({ code: 'BAD_DATE' }),
    )
  })

  it('is one field whatever the client says', () => {
    const remote = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom('a', '.', '\r\n', '(', ')', '\\', '"', '[', ']', '<', '>', ';', '@', ' ', '\0'), {
          maxLength: 12,
        })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(remote, remote, remote, fc.boolean(), (hello, reverseName, path, utf8) => {
        const field = formatReceived({ ...trace, hello, reverseName, for: path }, { utf8 })
        for (const line of field.split('\r\n')) expect(encodeUtf8(line).length).toBeLessThanOrEqual(998)
        const [read, ...others] = readHeader(encodeUtf8(field)).pieces
        expect(others).toEqual([])
        if (read?.kind !== 'field') throw new Error('no field')
        expect(read.irregularities).toEqual([])
        expect(parseReceived(read.text)).toMatchObject({
          kind: 'value',
          leniency: [],
          value: {
            from: { address: trace.address },
            by: { name: trace.by },
            id: trace.id,
            date: { instant: trace.instant },
          },
        })
      }),
      { numRuns: 1000 },
    )
  })
})

describe('transmissionType', () => {
  it('names each way a message can come', () => {
    const how = { protocol: 'smtp', extended: true, tls: false, authenticated: false, utf8: false } as const
    expect(transmissionType({ ...how, extended: false })).toBe('SMTP')
    expect(transmissionType(how)).toBe('ESMTP')
    expect(transmissionType({ ...how, tls: true })).toBe('ESMTPS')
    expect(transmissionType({ ...how, authenticated: true })).toBe('ESMTPA')
    expect(transmissionType({ ...how, tls: true, authenticated: true })).toBe('ESMTPSA')
    expect(transmissionType({ ...how, utf8: true })).toBe('UTF8SMTP')
    expect(transmissionType({ ...how, utf8: true, tls: true, authenticated: true })).toBe('UTF8SMTPSA')
    expect(transmissionType({ ...how, protocol: 'lmtp' })).toBe('LMTP')
    expect(transmissionType({ ...how, protocol: 'lmtp', tls: true, utf8: true })).toBe('UTF8LMTPS')
  })
})
