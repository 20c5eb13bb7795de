import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explainStatus, parseStatus, replyCodes, statusEntries, statusSubjects } from '../src/index.ts'
import * as replies from '../src/server/replies.ts'
import { commandTable } from '../src/server/table.ts'
import { hasShared, sharedFolder, withoutShared } from './codec-shared.ts'

describe('enhanced status codes', () => {
  it.each([
    ['5.1.1', 'permanent', 'Addressing', 'Bad destination mailbox address', 3463],
    ['4.7.24', 'transient', 'Security or policy', 'SPF validation error', 7372],
    ['2.0.0', 'success', 'Other or undefined', 'Other undefined Status', 5248],
    ['5.7.30', 'permanent', 'Security or policy', 'REQUIRETLS support required', 8689],
  ])('%s', (status, level, subject, text, rfc) => {
    expect(explainStatus(status)).toMatchObject({ status, class: level, subject, entry: { text, rfc } })
  })

  it('a detail or a subject nobody knows still has a class', () => {
    expect(explainStatus('5.1.99')).toEqual({
      status: '5.1.99',
      class: 'permanent',
      subject: 'Addressing',
      entry: undefined,
    })
    expect(explainStatus('4.99.1')).toEqual({
      status: '4.99.1',
      class: 'transient',
      subject: undefined,
      entry: undefined,
    })
  })

  it.each([
    '',
    '5',
    '5.1',
    '5.1.1.1',
    '3.1.1',
    '1.1.1',
    '5.01.1',
    '5.1.01',
    '5.1234.1',
    '5.1.1 ',
    ' 5.1.1',
    '5,1,1',
    '5.1.x',
    '5..1',
    '٥.1.1',
    'X.1.1',
  ])('"%s" is none', (text) => {
    expect(parseStatus(text)).toBeUndefined()
    expect(explainStatus(text)).toBeUndefined()
  })

  it('stand once each, in numeric order, under a subject that is defined', () => {
    const numbers = statusEntries.map(({ detail }) => detail.split('.').map(Number))
    for (const [index, [subject = 0, detail = 0]] of numbers.entries()) {
      expect(statusSubjects.has(String(subject))).toBe(true)
      expect(parseStatus(`5.${subject}.${detail}`)).toBeDefined()
      const [before = -1, last = -1] = numbers[index - 1] ?? []
      expect(subject > before || (subject === before && detail > last)).toBe(true)
    }
  })

  it.skipIf(!hasShared)(`are those of the RFCs${withoutShared}`, () => {
    const file = `${sharedFolder('..')}/rfc/registries/enhanced-status-codes.tsv`
    const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1)
    const known = new Map(statusEntries.map((entry) => [entry.detail, entry]))
    for (const row of rows) {
      const [code = '', text, codes = '', rfc] = row.split('\t')
      const entry = known.get(code.slice(2))
      expect(entry, code).toBeDefined()
      if (code !== 'X.6.10') expect(entry?.text).toBe(text)
      // RFC 7504 6 adds a code that the table at hand does not have.
      const added = code === 'X.3.2' ? [521] : []
      expect(entry?.codes).toEqual([...codes.replace(/\(.*/, '').matchAll(/\b[2-5]\d\d\b/g)].map(Number).concat(added))
      expect(entry?.rfc).toBe(Number(rfc?.slice(4)))
    }
    // One is registered without an RFC.
    expect(statusEntries.length).toBe(rows.length + 1)
  })
})

describe('reply codes', () => {
  it('stand once each and in order', () => {
    const codes = [...replyCodes.keys()]
    expect(codes).toEqual([...codes].sort((a, b) => a - b))
    for (const [code, entry] of replyCodes) expect(entry.code).toBe(code)
  })

  it('all that a session says by itself is defined, and its status too', () => {
    const said = [
      ...Object.values(replies).flatMap((one) =>
        typeof one === 'function' ? [] : 'code' in one ? [one] : Object.values(one),
      ),
      ...Object.values(replies.closingReplies('mx.example')),
      ...Object.values(commandTable).flatMap((row) => Object.values(row).filter((to) => typeof to !== 'string')),
    ]
    expect(said.length).toBeGreaterThan(35)
    for (const { code, status } of said) {
      expect(replyCodes.has(code), String(code)).toBe(true)
      if (status !== undefined) expect(explainStatus(status)?.entry, status).toBeDefined()
    }
  })
})
