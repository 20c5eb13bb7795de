import { pipelining, rrvs } from '@angarium/esmtp-extensions'
import { describe, expect, it } from 'vitest'
import type { OwnedSince } from '../src/index.ts'
import { hosts, type Rig, reported, rig, run } from './rig.ts'
import { server } from './server.ts'

const from = 'ada@sender.example'
const date = '2014-04-03T23:01:00Z'
const then = Date.UTC(2014, 3, 3, 23, 1)
const to = (address: string, value: string) => ({ address, parameters: [['RRVS', value] as const] })

interface Case {
  readonly name: string
  readonly address?: string
  readonly value?: string
  /** Header fields. */
  readonly fields?: readonly string[]
  readonly since?: OwnedSince | 'no method' | 'fails'
  readonly status?: string
}

const field = (address: string, time: string): string =>
  `Require-Recipient-Valid-Since: ${address};\r\n Thu, 3 Apr 2014 ${time} +0000`

const cases: readonly Case[] = [
  { name: 'the owner is the same', since: then - 1 },
  { name: 'the owner came that second', since: then },
  { name: 'the owner came later', since: then + 1, status: '5.7.17' },
  {
    name: 'the owner came later, whatever hosts without RRVS may do',
    value: `${date};C`,
    since: then + 1,
    status: '5.7.17',
  },
  { name: 'the mailbox is younger, but never was another one\u2019s', since: 'first-owner' },
  { name: 'nobody knows', since: 'unknown', status: '5.7.19' },
  { name: 'nobody knows, R', value: `${date};R`, since: 'unknown', status: '5.7.19' },
  { name: 'nobody knows, and that will do', value: `${date};C`, since: 'unknown' },
  { name: 'nobody can be asked', since: 'no method', status: '5.7.19' },
  { name: 'nobody can be asked, and that will do', value: `${date};C`, since: 'no method' },
  { name: 'it could not be found out now', since: 'fails', status: '4.3.0' },
  {
    name: 'by a field, the owner is the same',
    value: '',
    fields: [field('Bob@here.example', '23:01:00')],
    since: then,
  },
  {
    name: 'by a field, the owner came later',
    value: '',
    fields: [field('Bob@here.example', '23:01:00')],
    since: then + 1,
    status: '5.7.17',
  },
  {
    name: 'by the harder of two fields',
    value: '',
    fields: [field('bob@here.example', '23:01:00'), field('bob@here.example', '23:02:00')],
    since: then + 1,
    status: '5.7.17',
  },
  {
    name: 'by a field, nobody can be asked',
    value: '',
    fields: [field('bob@here.example', '23:01:00')],
    since: 'no method',
  },
  { name: 'by a field of another', value: '', fields: [field('eve@here.example', '23:01:00')], since: then + 1 },
  { name: 'by a field that cannot be read', value: '', fields: [field('bob@here.example', 'noon')], since: then + 1 },
  { name: 'by a field and by RRVS, which counts', fields: [field('bob@here.example', '23:00:00')], since: then },
  { name: 'a role has no owner', address: 'PostMaster@here.example', since: then + 1 },
]

describe('a mailbox that is to have had its owner for long', () => {
  it.each(cases)('$name', async ({ address = 'bob@here.example', value = date, fields = [], since, status }) => {
    const mail: string[] = []
    const made: Rig = await rig({
      mailboxes: {
        async deliver(item) {
          mail.push(item.address)
          return { kind: 'delivered' }
        },
        ...(since !== 'no method' && {
          async ownedSince() {
            if (since === 'fails' || since === undefined) throw new Error('no database')
            return since
          },
        }),
      },
    })
    const content = [...fields, 'Subject: x', '', 'x', ''].join('\r\n')
    await made.put({ from, to: [value === '' ? address : to(address, value)], content })
    await run(made)
    const [line] = made.lines('delivered', 'failed', 'deferred')
    expect([line?.recipient, line?.status]).toEqual([address, status])
    expect(mail).toEqual(status === undefined ? [address] : [])
    expect(made.lines('mailbox-failed')).toHaveLength(since === 'fails' ? 1 : 0)
  })

  it('is not asked about for others', async () => {
    let asked = 0
    const made = await rig({
      mailboxes: {
        deliver: async () => ({ kind: 'delivered' }),
        async ownedSince() {
          asked++
          return 'unknown'
        },
      },
    })
    await made.put({ from, to: ['bob@here.example', to('eve@here.example', date)] })
    await run(made)
    expect(asked).toBe(1)
    expect(made.lines('delivered')).toMatchObject([{ recipient: 'bob@here.example' }])
  })

  it('is for the next host to judge, or the message comes back, or goes without, as its sender said', async () => {
    for (const [offered, taken, failed] of [
      [[rrvs], [`<a@there.example> RRVS=${date}`, `<b@there.example> RRVS=${date};C`], []],
      [[], ['<b@there.example>'], [['a@there.example', '5.7.19']]],
    ] as const) {
      const made = await rig({ extensions: [pipelining, rrvs] })
      hosts(made.zone, 'there.example', '192.0.2.1')
      const mx = server(made, '192.0.2.1', offered)
      await made.put({
        from: 'ada@here.example',
        to: [to('a@there.example', date), to('b@there.example', `${date};C`)],
      })
      await run(made)
      expect(mx.heard.map(({ rcpt }) => rcpt)).toEqual([taken])
      const told = made.mail.flatMap(({ text }) =>
        [...reported(text)].map(([who, fields]) => [who, fields.get('Status')]),
      )
      expect(told).toEqual(failed)
    }
  })
})
