import { describe, expect, it } from 'vitest'
import { composeReport, type EsmtpParameter } from '../src/index.ts'
import { compose, groupsOf, octets, plain } from './rig.ts'

/** Requirements of RFC 3461 and 6533 that no other test was about. */

const fieldsOf = (parameters: readonly EsmtpParameter[]): readonly Record<string, string>[] => {
  const recipients = plain.recipients.map((one) => ({ ...one, parameters }))
  return groupsOf(compose({ recipients }).parts[1]?.body ?? octets('')).map((group) => Object.fromEntries(group))
}

describe('a report', () => {
  it('names no envelope and no original recipient where none was told', () => {
    const [about, recipient] = fieldsOf([])
    expect(about).not.toHaveProperty('Original-Envelope-Id')
    expect(recipient).not.toHaveProperty('Original-Recipient')
  })

  it('gives back an original recipient that cannot be read as it came', () => {
    for (const value of ['utf-8;a+2Bb@c.example', 'x400;/c=us/'])
      expect(fieldsOf([['ORCPT', value]])[1]).toMatchObject({ 'Original-Recipient': value })
  })

  it('asks for no report about itself, whatever the message asked for', () => {
    const report = composeReport({
      ...plain,
      parameters: [
        ['RET', 'FULL'],
        ['ENVID', 'x'],
        ['HOLDFOR', '60'],
        ['BY', '600;NT'],
      ],
    })
    expect(report?.envelope).toEqual({ reversePath: '', parameters: [], recipient: plain.reversePath })
  })
})
