import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EsmtpParameter, parseNotify, parseOrcpt, relayParameters, reportable } from '../src/index.ts'
import { moment, vectors } from './rig.ts'

interface Row {
  what: string
  rfc: string
  offered: string[]
  age?: number
  mail: EsmtpParameter[]
  rcpt: EsmtpParameter[][]
  sent: { mail: EsmtpParameter[]; rcpt: EsmtpParameter[][] }
}

describe('relayed parameters', () => {
  it.each(vectors<Row>('relay'))('$rfc: $what', ({ offered, age = 0, mail, rcpt, sent }) => {
    const message = { parameters: mail, arrival: moment - age * 1000, now: moment }
    const recipients = rcpt.map((parameters) => ({ parameters }))
    expect(relayParameters(message, recipients, new Set(offered))).toEqual(sent)
    expect(relayParameters(message, recipients, new Map(offered.map((keyword) => [keyword, []])))).toEqual(sent)
  })

  it('count from now when the arrival is not known', () => {
    const message = { parameters: [['BY', '1;N']], now: moment } as const
    expect(relayParameters(message, [{ parameters: [] }], new Set(['DSN'])).rcpt).toEqual([
      [['NOTIFY', 'FAILURE,DELAY']],
    ])
  })
})

const notify = fc.constantFrom(
  undefined,
  'NEVER',
  'SUCCESS',
  'FAILURE',
  'DELAY',
  'SUCCESS,FAILURE',
  'SUCCESS,DELAY',
  'FAILURE,DELAY',
  'SUCCESS,FAILURE,DELAY',
)
const orcpt = fc.constantFrom(undefined, 'rfc822;a@b.example', 'utf-8;j\u00f6rg@b.example', 'nonsense\u00fc')
const rcpt = fc.record({ notify, orcpt, rrvs: fc.boolean() }).map(({ notify, orcpt, rrvs }) =>
  (
    [
      ['NOTIFY', notify],
      ['ORCPT', orcpt],
      ['RRVS', rrvs ? '2014-04-03T23:01:00Z' : undefined],
    ] as EsmtpParameter[]
  ).filter(([, value]) => value !== undefined),
)
const by = fc.constantFrom(undefined, '60;N', '60;NT', '60;R', '60;RT', '-60;N', '-60;NT', 'nonsense')
const offered = fc.subarray(['DSN', 'DELIVERBY', 'SMTPUTF8']).map((keywords) => new Set(keywords))
const value = (parameters: readonly EsmtpParameter[], keyword: string) =>
  parameters.find(([name]) => name === keyword)?.[1]
const message = (by: string | undefined, more: EsmtpParameter[] = []) => ({
  reversePath: 'a@a.example',
  parameters: [...more, ...(by === undefined ? [] : ([['BY', by]] as EsmtpParameter[]))],
  arrival: moment - 1000,
  now: moment,
})

describe('whatever was asked for, and whatever the next host offers', () => {
  it('a wish for success is passed on or answered, and never both, unless DELIVERBY tells of the relaying', () => {
    fc.assert(
      fc.property(rcpt, offered, (parameters, offered) => {
        const one = { parameters, action: 'relayed', offered } as const
        const [sent = []] = relayParameters(message(undefined), [one], offered).rcpt
        const wished = parseNotify(value(parameters, 'NOTIFY'))?.success === true
        const passedOn = parseNotify(value(sent, 'NOTIFY'))?.success === true
        const answered = reportable(message(undefined), [one]).length === 1
        expect(Number(passedOn) + Number(answered)).toBe(Number(wished))
      }),
    )
  })

  it('NEVER stays NEVER, nobody is asked for success who was not, and nothing else alters', () => {
    fc.assert(
      fc.property(rcpt, by, offered, (parameters, by, offered) => {
        const mail: EsmtpParameter[] = [
          ['ENVID', 'x'],
          ['RET', 'HDRS'],
          ['SIZE', '9'],
        ]
        const relayed = relayParameters(message(by, mail), [{ parameters }], offered)
        const [sent = []] = relayed.rcpt
        const hasDsn = offered.has('DSN')
        expect(value(relayed.mail, 'ENVID')).toBe(hasDsn ? 'x' : undefined)
        expect(value(relayed.mail, 'RET')).toBe(hasDsn ? 'HDRS' : undefined)
        expect(value(relayed.mail, 'SIZE')).toBe('9')
        expect(value(relayed.mail, 'BY')).toBe(by)
        expect(value(sent, 'RRVS')).toBe(value(parameters, 'RRVS'))
        if (!hasDsn) {
          expect(sent.filter(([keyword]) => keyword !== 'RRVS')).toEqual([])
          return
        }
        const [before, after] = [value(parameters, 'NOTIFY'), value(sent, 'NOTIFY')]
        if (before === 'NEVER') expect(after).toBe('NEVER')
        else if (by?.startsWith('60;N') && !offered.has('DELIVERBY'))
          expect(parseNotify(after)).toEqual({
            ...(parseNotify(before) ?? { success: false, failure: true }),
            delay: true,
          })
        else expect(after).toBe(before)
        const original = value(sent, 'ORCPT')
        if (offered.has('SMTPUTF8')) expect(original).toBe(value(parameters, 'ORCPT'))
        else {
          expect(original ?? '').toMatch(/^[!-~]*$/)
          expect(parseOrcpt(original)).toEqual(parseOrcpt(value(parameters, 'ORCPT')))
        }
      }),
    )
  })

  it('who was to hear NEVER does not, and the null reverse-path hears nothing', () => {
    const action = fc.constantFrom('failed', 'delayed', 'delivered', 'relayed', 'expanded')
    fc.assert(
      fc.property(action, by, offered, notify, (action, by, offered, notify) => {
        const never = { parameters: [['NOTIFY', 'NEVER']], action, offered } as const
        expect(reportable(message(by), [never])).toEqual([])
        const any = { parameters: [['NOTIFY', notify]], action, offered } as const
        expect(reportable({ ...message(by), reversePath: '' }, [any])).toEqual([])
      }),
    )
  })
})
