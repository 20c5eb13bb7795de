import { readHeader } from '@angarium/imf-parser'
import { describe, expect, it } from 'vitest'
import { type Action, autoSubmitted, mayRespond, reportable, wantsReport } from '../src/index.ts'
import { octets } from './rig.ts'

const actions: readonly Action[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']

describe('NOTIFY', () => {
  it.each([
    [undefined, ['failed', 'delayed']],
    ['NEVER', []],
    ['FAILURE', ['failed']],
    ['DELAY', ['delayed']],
    ['SUCCESS', ['delivered', 'relayed', 'expanded']],
    ['success,delay', ['delayed', 'delivered', 'relayed', 'expanded']],
    ['FAILURE,DELAY', ['failed', 'delayed']],
    // What the server should have refused counts as absent: better a report too many than a silent loss.
    ['nonsense', ['failed', 'delayed']],
  ])('%s wants reports of %j', (value, wanted) => {
    const parameters = value === undefined ? [] : ([['NOTIFY', value]] as const)
    expect(actions.filter((action) => wantsReport(parameters, action))).toEqual(wanted)
  })

  it('decides for each recipient which report names it', () => {
    const recipients = [
      { address: 'a', parameters: [], action: 'failed' },
      { address: 'b', parameters: [['NOTIFY', 'NEVER']], action: 'failed' },
      { address: 'c', parameters: [['NOTIFY', 'SUCCESS']], action: 'failed' },
      { address: 'd', parameters: [['NOTIFY', 'SUCCESS']], action: 'delivered' },
      { address: 'e', parameters: [], action: 'delivered' },
    ] as const
    expect(reportable('s@s.example', recipients).map(({ address }) => address)).toEqual(['a', 'd'])
    expect(reportable('', recipients)).toEqual([])
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
