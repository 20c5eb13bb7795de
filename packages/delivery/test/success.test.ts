import { dsn, mtPriority, pipelining } from '@angarium/esmtp-extensions'
import type { EnvelopeParameter } from '@angarium/queue'
import { reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { hosts, type Rig, type RigOptions, reported, rig, run } from './rig.ts'
import { server } from './server.ts'

const from = 'ada@here.example'
const asking: readonly EnvelopeParameter[] = [['NOTIFY', 'SUCCESS,FAILURE']]
const to = (address: string, parameters: readonly EnvelopeParameter[] = asking) => ({ address, parameters })

async function one(options: RigOptions = {}): Promise<Rig> {
  const made = await rig({ extensions: [pipelining, dsn, mtPriority()], ...options })
  hosts(made.zone, 'there.example', '192.0.2.1')
  return made
}

/** What the sender was told, report by report: recipient and action. */
const told = ({ mail }: Rig): readonly (readonly string[])[] =>
  mail.flatMap(({ item, text }) =>
    item.address === from
      ? [[...reported(text)].map(([recipient, fields]) => `${recipient} ${fields.get('Action')}`)]
      : [],
  )

describe('reports of success', () => {
  it('are the business of a host that offers DSN, which gets all parameters as they came', async () => {
    const made = await one()
    const mx = server(made, '192.0.2.1', [dsn])
    const wishes: readonly EnvelopeParameter[] = [...asking, ['ORCPT', 'rfc822;old+2B@there.example']]
    const parameters: readonly EnvelopeParameter[] = [
      ['RET', 'HDRS'],
      ['ENVID', 'QQ+2B1'],
    ]
    await made.put({ from, to: [to('a@there.example', wishes), to('b@there.example', [])], parameters })
    await run(made)
    expect(mx.heard).toMatchObject([
      {
        mail: '<ada@here.example> RET=HDRS ENVID=QQ+2B1',
        rcpt: ['<a@there.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old+2B@there.example', '<b@there.example>'],
      },
    ])
    expect(told(made)).toEqual([])
  })

  it.each([
    ['does not offer DSN', [], [pipelining, dsn]],
    ['offers what is not in use here', [dsn], [pipelining]],
  ])('are ours where the host %s', async (_, offered, extensions) => {
    const made = await one({ extensions })
    const mx = server(made, '192.0.2.1', offered)
    await made.put({ from, to: [to('a@there.example'), to('b@there.example', [])], parameters: [['RET', 'FULL']] })
    await run(made)
    expect(mx.heard).toMatchObject([{ mail: '<ada@here.example>', rcpt: ['<a@there.example>', '<b@there.example>'] }])
    expect(told(made)).toEqual([['a@there.example relayed']])
    // A success brings back no more than the header.
    expect(made.mail[0]?.text).not.toContain('Hello.')
  })

  it('tell of delivery here, as ENVID and ORCPT name it', async () => {
    const made = await one()
    const wishes: readonly EnvelopeParameter[] = [
      ['NOTIFY', 'SUCCESS'],
      ['ORCPT', 'rfc822;b@old.example'],
    ]
    await made.put({
      from,
      to: [to('bob@here.example', wishes), to('eve@here.example', [])],
      parameters: [['ENVID', 'Q1']],
    })
    await run(made)
    expect(told(made)).toEqual([['bob@here.example delivered']])
    const { text = '' } = made.mail.find(({ item }) => item.address === from) ?? {}
    expect(text).toContain('Original-Envelope-Id: Q1\r\n')
    expect(text).toContain('Original-Recipient: rfc822; b@old.example\r\n')
  })

  it.each([
    ['without DSN', [], [['a@there.example delivered']]],
    ['with DSN', [dsn], []],
  ])('over LMTP, to a host %s', async (_, offered, expected) => {
    const made = await one({ route: () => ({ host: '192.0.2.1', port: 24, protocol: 'lmtp', tls: 'none' }) })
    server(made, '192.0.2.1', offered, { port: 24, protocol: 'lmtp' })
    await made.put({ from, to: [to('a@there.example')] })
    await run(made)
    expect(made.lines('delivered')[0]).toMatchObject({ recipient: 'a@there.example' })
    expect(told(made)).toEqual(expected)
  })

  it('are one report with what failed and what is late, of the priority of the message', async () => {
    const made = await one({ retry: { warnAfterMs: 0 } })
    server(made, '192.0.2.1', [], {
      rcpt: (path) =>
        path.startsWith('<never')
          ? reply(550, '1.1', 'no')
          : path.startsWith('<later')
            ? reply(450, '2.1', 'later')
            : undefined,
    })
    const names = ['now', 'never', 'later', 'quiet', 'nobody']
    const wishes: Readonly<Record<string, EnvelopeParameter[]>> = {
      now: [['NOTIFY', 'SUCCESS']],
      quiet: [['NOTIFY', 'NEVER']],
      nobody: [['NOTIFY', 'DELAY']],
    }
    await made.put({
      from,
      to: names.map((name) => to(`${name}@there.example`, wishes[name] ?? [])),
      parameters: [['MT-PRIORITY', '4']],
      options: { priority: 4 },
    })
    await run(made)
    expect(told(made)).toEqual([
      ['now@there.example relayed', 'never@there.example failed', 'later@there.example delayed'],
    ])
    const [spawn] = made.settlements.flatMap(({ spawn = [] }) => spawn)
    expect(spawn).toMatchObject({ options: { priority: 4 }, envelope: { parameters: [['MT-PRIORITY', '4']] } })
    expect(made.settlements[0]?.recipients.map((one) => 'warned' in one)).toEqual([false, false, true, false, false])
  })

  it('are not owed to nobody', async () => {
    const made = await one()
    server(made, '192.0.2.1', [])
    await made.put({ from: '', to: [to('a@there.example'), to('bob@here.example')] })
    await run(made)
    expect(made.settlements.every(({ spawn = [] }) => spawn.length === 0)).toBe(true)
    expect(made.lines('double-bounce')).toEqual([])
  })
})

describe('a priority', () => {
  it('goes on where it is offered, and ends elsewhere', async () => {
    for (const [offered, mail] of [
      [[mtPriority()], '<ada@here.example> MT-PRIORITY=3'],
      [[], '<ada@here.example>'],
    ] as const) {
      const made = await one()
      const mx = server(made, '192.0.2.1', offered)
      await made.put({ from, to: ['a@there.example'], parameters: [['MT-PRIORITY', '3']], options: { priority: 3 } })
      await run(made)
      expect(mx.heard).toMatchObject([{ mail }])
    }
  })
})
