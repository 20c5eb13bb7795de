import { readHeader } from '@angarium/imf-parser'
import { describe, expect, it } from 'vitest'
import { type Action, autoSubmitted, type EsmtpParameter, mayRespond, reportable } from '../src/index.ts'
import { moment, octets, plain, vectors } from './rig.ts'

interface Row {
  what: string
  rfc: string
  reversePath?: string
  mail?: EsmtpParameter[]
  rcpt: EsmtpParameter[]
  action: Action
  offered?: string[]
  age?: number
  reported: boolean
}

describe('who is told', () => {
  it.each(vectors<Row>('reported'))('$rfc: $what: $reported', (row) => {
    const { reversePath = 'a@a.example', mail = [], rcpt, action, offered, age = 0, reported } = row
    const message = { reversePath, parameters: mail, arrival: moment - age * 1000, now: moment }
    const recipient = { parameters: rcpt, action, ...(offered && { offered: new Set(offered) }) }
    expect(reportable(message, [recipient])).toEqual(reported ? [recipient] : [])
  })

  it('is decided for each recipient', () => {
    const recipients = [
      { address: 'a', parameters: [], action: 'failed' },
      { address: 'b', parameters: [['NOTIFY', 'NEVER']], action: 'failed' },
      { address: 'c', parameters: [['NOTIFY', 'SUCCESS']], action: 'failed' },
      { address: 'd', parameters: [['NOTIFY', 'SUCCESS']], action: 'delivered' },
      { address: 'e', parameters: [], action: 'delivered' },
    ] as const
    expect(reportable(plain, recipients).map(({ address }) => address)).toEqual(['a', 'd'])
  })
})

describe('automatic answers', () => {
  const judge = (reversePath: string, fields: string) => mayRespond(reversePath, readHeader(octets(`${fields}\r\n`)))
  const no = (because: string) => ({ respond: false, because })

  it('go to people', () => {
    expect(judge('a@b.example', 'From: a@b.example\r\n')).toEqual({ respond: true })
    expect(judge('a@b.example', 'Auto-Submitted: no\r\n')).toEqual({ respond: true })
    expect(judge('a@b.example', 'auto-submitted: (really) NO (no)\r\n')).toEqual({ respond: true })
    expect(judge('a@b.example', 'Precedence: first-class\r\n')).toEqual({ respond: true })
    expect(judge('owner@b.example', '')).toEqual({ respond: true })
  })

  it('never go to the null reverse-path', () => {
    expect(judge('', 'Auto-Submitted: no\r\n')).toEqual(no('null-reverse-path'))
  })

  it('do not go to machines', () => {
    for (const value of ['auto-replied', 'Auto-Generated; x=y', 'x-new (thing)', '', 'no way', 'no; (broken'])
      expect(judge('a@b.example', `Auto-Submitted: ${value}\r\n`)).toEqual(no('auto-submitted'))
    expect(judge('a@b.example', 'Auto-Submitted: no\r\nAuto-Submitted: auto-replied\r\n')).toEqual(no('auto-submitted'))
    for (const local of ['MAILER-DAEMON', 'owner-list', 'list-Request'])
      expect(judge(`${local}@b.example`, '')).toEqual(no('responder-address'))
  })

  it('do not go to lists', () => {
    for (const field of [
      'List-Id: <x.example>',
      'list-unsubscribe: <mailto:x@y.example>',
      'Precedence: Bulk',
      'Precedence: list',
    ])
      expect(judge('a@b.example', `${field}\r\n`)).toEqual(no('mailing-list'))
  })
})

describe('autoSubmitted', () => {
  it.each([
    ['auto-replied', 'auto-replied'],
    ['Auto-Replied (vacation); owner-email="a@b.example"', 'auto-replied'],
    ['no', 'no'],
    ['(no) ', ''],
    ['no (', ''],
  ])('%j says %j', (text, keyword) => {
    expect(autoSubmitted(text)).toBe(keyword)
  })
})
