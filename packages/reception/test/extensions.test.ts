import { etrn, expn, futureRelease, mtPriority, smtpUtf8, xclient, xforward } from '@angarium/esmtp-extensions'
import { createMemoryStore } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { type AnyExtension, defineExtension, proceed, reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { createEtrn, type SessionFacts } from '../src/index.ts'
import { createRig, extensions, friend, stranger } from './rig.ts'

const with_ = (...more: readonly AnyExtension[]): readonly AnyExtension[] => [...extensions, ...more]
const trusts = ({ peer }: { readonly peer: string | undefined }): boolean => peer === friend

/** AUTH without a mechanism: whoever is named is believed. */
const believing = defineExtension({
  name: 'believing',
  rfc: 4954,
  keyword: 'AUTH',
  verbs: { AUTH: { phases: ['ready'], barrier: true, run: () => ({ kind: 'ask' }) } },
})
const verbs = {
  AUTH: ({ argument }: { readonly argument: string }) =>
    argument === 'nobody' ? reply(535, '7.8', 'No') : { reply: reply(235, '7.0', 'Welcome'), identity: argument },
}

function note<T>(seen: T[], value: T): typeof proceed {
  seen.push(value)
  return proceed
}

describe('who has authenticated', () => {
  it('is known to stages and the log, and stands in the Received field, until TLS starts', async () => {
    const seen: (string | undefined)[] = []
    const rig = await createRig({
      extensions: with_(believing),
      verbs,
      stages: [{ name: 'see', mail: ({ session }) => note(seen, session.identity) }],
    })
    const client = await rig.open()
    expect(await client.say('AUTH nobody')).toMatch(/^535 5\.7\.8 /)
    expect(await client.send('x\r\n')).toMatch(/^250 /)
    expect(await client.say('AUTH ada')).toMatch(/^235 2\.7\.0 /)
    expect(await client.send('x\r\n')).toMatch(/^250 /)
    const [first, second] = await rig.entries()
    expect(await rig.content(first?.id ?? '')).toContain(' with ESMTP id ')
    expect(await rig.content(second?.id ?? '')).toContain(' with ESMTPA id ')
    expect(rig.log.filter(({ event }) => event === 'accepted').map(({ fields }) => fields.identity)).toEqual([
      undefined,
      'ada',
    ])
    await client.say('STARTTLS')
    await client.transport.startTls({ role: 'client', serverName: 'mx.local.test' })
    await client.say('EHLO client.test')
    await client.send('x\r\n')
    expect(seen).toEqual([undefined, 'ada', undefined])
  })

  it('is nobody where the owner of the verb fails', async () => {
    const rig = await createRig({ extensions: with_(believing), verbs: { AUTH: () => Promise.reject(new Error('x')) } })
    const client = await rig.open()
    expect(await client.say('AUTH ada')).toMatch(/^451 4\.3\.0 /)
    expect(rig.reception.snapshot().policyFailures).toBe(1)
  })
})

describe('SMTPUTF8', () => {
  it('stands in the Received field, with names as they are', async () => {
    const rig = await createRig({ extensions: with_(smtpUtf8) })
    const client = await rig.open()
    expect(await client.send('x\r\n', ['<alice@local.test>'], '<jürgen@sender.test> SMTPUTF8')).toMatch(/^250 /)
    const [entry] = await rig.entries()
    expect(entry?.reversePath).toBe('jürgen@sender.test')
    expect(await rig.content(entry?.id ?? '')).toContain(' with UTF8SMTP id ')
  })
})

describe('MT-PRIORITY', () => {
  it('is not raised by strangers: what holds is told, kept, traced and passed on', async () => {
    const rig = await createRig({ extensions: with_(mtPriority(), believing), verbs })
    const client = await rig.open()
    expect(await client.say('MAIL FROM:<s@sender.test> MT-PRIORITY=4')).toBe(
      '250 2.3.6 0 is the new priority assigned to the message',
    )
    await client.say('RSET')
    await client.send('x\r\n', ['<alice@local.test>'], '<s@sender.test> MT-PRIORITY=4')
    await client.send('x\r\n', ['<alice@local.test>'], '<s@sender.test> MT-PRIORITY=-3')
    await client.say('AUTH ada')
    await client.send('x\r\n', ['<alice@local.test>'], '<s@sender.test> MT-PRIORITY=4')
    const entries = await rig.entries()
    expect(entries.map(({ priority, parameters }) => [priority, parameters])).toEqual([
      [0, [['MT-PRIORITY', '0']]],
      [-3, [['MT-PRIORITY', '-3']]],
      [4, [['MT-PRIORITY', '4']]],
    ])
    expect(await rig.content(entries[0]?.id ?? '')).not.toContain('PRIORITY')
    expect(await rig.content(entries[2]?.id ?? '')).toMatch(/for <alice@local\.test> PRIORITY 4;/)
  })

  it('may be given by a policy where none was asked for', async () => {
    const rig = await createRig({ extensions: with_(mtPriority()), priority: (asked) => asked - 2 })
    const client = await rig.open()
    await client.send('x\r\n')
    expect(await rig.entries()).toMatchObject([{ priority: -2, parameters: [['MT-PRIORITY', '-2']] }])
  })
})

describe('FUTURERELEASE', () => {
  it('holds the message: no lease is taken, the first attempt comes when it is due', async () => {
    const clock = createManualClock(Date.UTC(2026, 10, 24, 12, 30, 5))
    const hold = futureRelease({ maximum: 86_400, now: () => clock.now(), allows: () => true })
    let reserved = 0
    const rig = await createRig({
      extensions: with_(hold),
      intake: {
        holder: 'me',
        leaseMs: 1000,
        reserve() {
          reserved += 1
          return undefined
        },
      },
    })
    const client = await rig.open()
    await client.send('x\r\n', ['<alice@local.test>'], '<s@sender.test> HOLDFOR=3600')
    await client.send('x\r\n', ['<alice@local.test>'], '<s@sender.test> HOLDUNTIL=2026-11-24T18:00:00Z')
    const due = (await rig.entries()).map(({ recipients }) => recipients[0]?.nextAttempt)
    expect(due[0]).toBe(Date.UTC(2026, 10, 24, 13, 30, 5))
    expect(due[1]).toBe(Date.UTC(2026, 10, 24, 18))
    expect(reserved).toBe(0)
    await client.send('x\r\n')
    expect(reserved).toBe(1)
  })
})

describe('a trusted proxy', () => {
  it('speaks for its client: policies, log and Received field see that one', async () => {
    const seen: SessionFacts[] = []
    const rig = await createRig({
      extensions: with_(xclient(trusts)),
      stages: [{ name: 'see', connect: (session) => note(seen, session) }],
    })
    const client = await rig.open(friend)
    expect(
      await client.say('XCLIENT ADDR=198.51.100.77 PORT=4711 NAME=out.far.test HELO=far.test PROTO=ESMTP LOGIN=ada'),
    ).toBe('220 mx.local.test ESMTP')
    await client.say('EHLO far.test')
    // No longer a friend's address: relaying is refused, and so is another XCLIENT.
    expect(await client.say('XCLIENT ADDR=203.0.113.5')).toMatch(/^50[03] /)
    await client.say('MAIL FROM:<s@sender.test>')
    expect(await client.say('RCPT TO:<x@elsewhere.test>')).toMatch(/^550 5\.7\.1 /)
    await client.say('RSET')
    expect(await client.send('x\r\n')).toMatch(/^250 /)
    expect(seen.map(({ peer, identity }) => [peer.address, peer.port, identity])).toEqual([
      [friend, expect.any(Number), undefined],
      ['198.51.100.77', 4711, 'ada'],
    ])
    const [entry] = await rig.entries()
    expect(await rig.content(entry?.id ?? '')).toMatch(
      /^Received: from far\.test \(out\.far\.test \[198\.51\.100\.77\]\)\r\n\tby mx\.local\.test with ESMTPA id /,
    )
    expect(rig.log.find(({ event }) => event === 'accepted')?.fields).toMatchObject({
      peer: '198.51.100.77',
      identity: 'ada',
    })
  })

  it('that does not know its client’s address lends it none of its own rights', async () => {
    const rig = await createRig({ extensions: with_(xclient(trusts)) })
    const client = await rig.open(friend)
    expect(await client.say('XCLIENT ADDR=[UNAVAILABLE]')).toMatch(/^220 /)
    expect(await client.say('EHLO far.test')).not.toContain('XCLIENT')
    await client.say('MAIL FROM:<s@sender.test>')
    expect(await client.say('RCPT TO:<x@elsewhere.test>')).toMatch(/^550 5\.7\.1 /)
    await client.say('RSET')
    expect(await client.send('x\r\n')).toMatch(/^250 /)
    const [entry] = await rig.entries()
    expect(await rig.content(entry?.id ?? '')).toMatch(/^Received: from far\.test\r\n\tby mx\.local\.test /)
  })

  it('may say where a message came from, for the log alone', async () => {
    const rig = await createRig({ extensions: with_(xforward(trusts)) })
    const client = await rig.open(friend)
    expect(await client.say('XFORWARD ADDR=198.51.100.77 NAME=out.far.test')).toMatch(/^250 /)
    expect(await client.say('XFORWARD PROTO=ESMTP HELO=[UNAVAILABLE]')).toMatch(/^250 /)
    expect(await client.send('x\r\n')).toMatch(/^250 /)
    const [accepted] = rig.log.filter(({ event }) => event === 'accepted')
    expect(accepted?.fields).toMatchObject({
      peer: friend,
      forwarded: { ADDR: '198.51.100.77', NAME: 'out.far.test', PROTO: 'ESMTP', HELO: undefined },
    })
    const other = await rig.open(stranger)
    expect(await other.say('XFORWARD ADDR=198.51.100.77')).toMatch(/^50[03] /)
  })
})

describe('ETRN', () => {
  async function server() {
    const clock = createManualClock(Date.UTC(2026, 10, 24))
    const store = createMemoryStore({ clock, random: createSeededRandom(5) })
    const log = { info: () => undefined, warn: () => undefined }
    const owner = createEtrn({
      store,
      log,
      destinationOf: (request) =>
        request.kind === 'node' && request.name.endsWith('node.test') ? request.name : undefined,
    })
    const rig = await createRig({ store, extensions: with_(etrn), verbs: { ETRN: owner } })
    return { rig, store, client: await rig.open() }
  }

  it('tries the mail of a node now, and says whether there is any', async () => {
    const { store, client } = await server()
    expect(await client.say('ETRN node.test')).toMatch(/^251 2\.0\.0 /)
    const draft = store.draft()
    await draft.write(Buffer.from('x\r\n'))
    await draft.commit({
      reversePath: '',
      parameters: [],
      recipients: [{ address: 'a@node.test', parameters: [], destination: 'node.test' }],
    })
    const [lease] = await store.lease({ destination: 'node.test', holder: 'me', duration: 1000, limit: 1 })
    if (lease === undefined) throw new Error('nothing leased')
    const deferred = { index: 0, kind: 'deferred', delay: 3_600_000, because: 'away' } as const
    await store.settle([{ lease, recipients: [deferred] }])
    expect((await store.due(10)).destinations).toEqual([])
    expect(await client.say('ETRN node.test')).toMatch(/^250 2\.0\.0 /)
    expect((await store.due(10)).destinations).toMatchObject([{ destination: 'node.test' }])
  })

  it('is for nodes this host keeps mail for, and a store that fails is said', async () => {
    const { store, client } = await server()
    expect(await client.say('ETRN other.test')).toMatch(/^459 4\.7\.1 /)
    expect(await client.say('ETRN #queue')).toMatch(/^459 /)
    await store.close()
    expect(await client.say('ETRN node.test')).toMatch(/^458 4\.3\.0 /)
  })
})

describe('a directory', () => {
  it('answers VRFY and EXPN where there is one, and 451 where it fails', async () => {
    const rig = await createRig({
      extensions: with_(expn),
      directory: {
        verify: ({ argument }) =>
          argument === 'alice' ? reply(250, '1.5', '<alice@local.test>') : reply(550, '1.1', 'Nobody'),
        expand: () => Promise.reject(new Error('no lists')),
      },
    })
    const client = await rig.open()
    expect(await client.say('VRFY alice')).toBe('250 2.1.5 <alice@local.test>')
    expect(await client.say('VRFY carol')).toMatch(/^550 5\.1\.1 /)
    expect(await client.say('EXPN list')).toMatch(/^451 4\.3\.0 /)
  })
})
