import { limits, pipelining } from '@angarium/esmtp-extensions'
import { defineExtension } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { hosts, type Rig, rig, run } from './rig.ts'
import { server } from './server.ts'

const told = (...words: readonly string[]) =>
  defineExtension({ name: 'limits', rfc: 9422, keyword: 'LIMITS', ehlo: () => words })

const names = (count: number, domain = 'there.example'): readonly string[] =>
  Array.from({ length: count }, (_, at) => `r${at}@${domain}`)

/** A rig in which all mail goes to one host. */
async function one(): Promise<Rig> {
  const made = await rig({
    extensions: [pipelining, limits],
    route: () => ({ host: '192.0.2.1', port: 25, protocol: 'smtp', tls: 'none' }),
  })
  hosts(made.zone, 'there.example', '192.0.2.1')
  return made
}

const counts = ({ heard }: { readonly heard: readonly { readonly rcpt: readonly string[] }[] }): readonly number[] =>
  heard.map(({ rcpt }) => rcpt.length)

describe('limits that a server tells', () => {
  it('split a message into transactions that are not too large', async () => {
    const made = await one()
    const mx = server(made, '192.0.2.1', [told('RCPTMAX=3')], { limits: { recipients: 3 } })
    await made.put({ to: names(8) })
    await run(made)
    expect(counts(mx)).toEqual([3, 3, 2])
    expect(mx.sessions).toBe(1)
  })

  it('end a session after as many transactions, within a message and between two', async () => {
    const made = await one()
    const mx = server(made, '192.0.2.1', [told('RCPTMAX=1', 'MAILMAX=2')])
    await made.put({ to: names(5) })
    await run(made)
    expect([counts(mx), mx.sessions]).toEqual([[1, 1, 1, 1, 1], 3])
    await made.put({ to: names(2) })
    await run(made)
    expect([mx.heard.length, mx.sessions]).toEqual([7, 4])
    // A session that has had all it may is not kept.
    expect(made.delivery.snapshot().idleSessions).toBe(1)
    await made.put({ to: names(1) })
    await run(made)
    expect([mx.sessions, made.delivery.snapshot().idleSessions]).toEqual([4, 0])
    expect(made.lines('deferred')).toEqual([])
  })

  it('keep the domains of a session few', async () => {
    const made = await one()
    const mx = server(made, '192.0.2.1', [told('RCPTDOMAINMAX=2')])
    const destination = 'gateway.example'
    const to = ['a@one.example', 'b@TWO.example', 'c@three.example', 'd@one.example', 'e@two.example', 'f@four.example']
    const draft = made.store.draft()
    await draft.write(Buffer.from('Subject: x\r\n\r\nx\r\n'))
    await draft.commit({
      reversePath: '',
      parameters: [],
      recipients: to.map((address) => ({ address, parameters: [], destination })),
    })
    await run(made)
    expect(mx.heard.map(({ rcpt }) => rcpt.join(' '))).toEqual([
      '<a@one.example> <b@TWO.example> <d@one.example> <e@two.example>',
      '<c@three.example> <f@four.example>',
    ])
    expect(mx.sessions).toBe(2)
    // The session that waits has had three and four: mail for five needs another.
    await made.put({ from: '', to: ['g@five.example'] })
    await run(made)
    await made.put({ from: '', to: ['h@five.example'] })
    await run(made)
    expect([mx.heard.length, mx.sessions]).toEqual([4, 3])
  })
})
