import type { QueueStore } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { formatVerification, type Inform, requestRecall } from '../src/index.ts'
import contribute from '../src/mta.ts'
import { createRig, guid, mailbox, messageId, type Rig } from './rig.ts'

const recallable = [`Message-ID: ${messageId}`, `Message-Verification: ${formatVerification(guid)}`]

const ask = (
  rig: Rig,
  to: readonly [string, ...string[]],
  change: { guid?: string; inform?: Inform; sender?: string } = {},
) =>
  requestRecall(rig.client, {
    sender: mailbox(change.sender ?? 'alice@sender.test'),
    recipients: [mailbox(to[0]), ...to.slice(1).map(mailbox)],
    request: { kind: 'recall', inform: change.inform ?? 'NO', messageId, guid: change.guid ?? guid },
  })

/** What waits in the queue: recipients with their states, and of reports what they say. */
async function queue(rig: Rig) {
  const messages: string[] = []
  const reports: string[] = []
  for (const { id, reversePath, recipients } of await rig.entries())
    if (reversePath !== '')
      messages.push(
        ...recipients.filter(({ state }) => state !== 'removed').map((one) => `${one.address} ${one.state}`),
      )
    else reports.push(`${recipients[0]?.address}\r\n${await rig.content(id)}`)
  return { messages, reports }
}

const later = { kind: 'deferred', delay: 60_000, because: 'not now' } as const

const actions = (report = '') =>
  [...report.matchAll(/^Final-Recipient: rfc822;(\S+)\r\nAction: (.*)\r$/gm)].map(([, to, action]) => `${to} ${action}`)

describe('a recall', () => {
  it('takes a message out of the queue, and reports it', async () => {
    const rig = await createRig()
    await rig.send(['bob@far.test', 'carol@here.test'], recallable)
    expect(await ask(rig, ['Bob@far.test', 'carol@here.test'])).toMatchObject({
      kind: 'requested',
      reply: { code: 250, status: '2.0.0' },
    })
    const { messages, reports } = await queue(rig)
    expect(messages).toEqual([])
    expect(reports).toHaveLength(1)
    expect(actions(reports[0])).toEqual(['Bob@far.test RECALL OK', 'carol@here.test RECALL OK'])
    expect(reports[0]).toMatch(/^alice@sender\.test\r\n/)
    expect(reports[0]).toContain('report-type=delivery-status')
    expect(reports[0]).toContain(`Original-Envelope-ID: ${guid}\r\n`)
    expect(reports[0]).toContain('Status: 2.0.0\r\n')
    expect(reports[0]).not.toContain('Save the date')
    expect((await rig.entries())[0]?.recipients[0]?.destination).toBe('sender.test')
  })

  it('does nothing for who has not the secret, or is another sender, or for a message without proof', async () => {
    const rig = await createRig()
    await rig.send(['bob@far.test'], recallable)
    await rig.send(['bob@far.test'], [`Message-ID: ${messageId}`])
    await rig.send(['bob@far.test'], [...recallable, `Message-Verification: ${formatVerification('other')}`])
    await rig.send(['bob@far.test'], [`Message-ID: ${messageId}`, 'Message-Verification: hash=SHA1;guid=(x'])
    await rig.send(['bob@far.test'], [`Message-ID: <two@sender.test>`, ...recallable.slice(1)])
    for (const change of [{ guid: 'guess' }, { guid: 'other' }, { sender: 'mallory@sender.test' }]) {
      expect(await ask(rig, ['bob@far.test'], change)).toMatchObject({ kind: 'requested' })
      const { reports } = await queue(rig)
      expect(actions(reports.at(-1))).toEqual(['bob@far.test RECALL NO'])
      expect(reports.at(-1)).toContain('Status: 5.0.0\r\n')
    }
    expect((await queue(rig)).messages).toEqual(Array(5).fill('bob@far.test queued'))
    await ask(rig, ['bob@far.test'])
    expect((await queue(rig)).messages).toEqual(Array(4).fill('bob@far.test queued'))
  })

  it('says no for what has been passed on, and for a message that others still wait for', async () => {
    const rig = await createRig()
    await rig.send(['bob@far.test', 'carol@here.test', 'dan@here.test'], recallable)
    const [bob] = (await rig.leaseAll()).filter(({ destination }) => destination === 'far.test')
    if (bob === undefined) throw new Error('no lease')
    expect(await ask(rig, ['carol@here.test'])).toMatchObject({ kind: 'refused', reply: { code: 450 } })
    await rig.clock.advance(61_000)
    const [again] = (await rig.leaseAll()).filter(({ destination }) => destination === 'far.test')
    if (again === undefined) throw new Error('no lease')
    await rig.store.settle([{ lease: again, recipients: [{ index: 0, kind: 'relayed' }] }])
    await rig.clock.advance(61_000)
    for (const entry of await rig.entries()) await rig.change(entry.id, { kind: 'hold', because: 'test' })
    await ask(rig, ['bob@far.test', 'carol@here.test'], { inform: 'FAILURE' })
    const { messages, reports } = await queue(rig)
    expect(reports.map((one) => one.split('\r\n')[0])).toEqual(['alice@sender.test', 'bob@far.test', 'carol@here.test'])
    expect(messages).toEqual(['bob@far.test relayed', 'carol@here.test held', 'dan@here.test held'])
    expect(actions(reports[0])).toEqual(['bob@far.test RECALL NO', 'carol@here.test RECALL NO'])
  })

  it('is of what was tried and waits for another attempt, as of what never was', async () => {
    const rig = await createRig()
    await rig.send(['bob@far.test', 'carol@here.test'], recallable)
    for (const lease of await rig.leaseAll())
      await rig.store.settle([{ lease, recipients: [{ index: lease.recipients[0]?.index ?? 0, ...later }] }])
    await ask(rig, ['bob@far.test'])
    expect((await queue(rig)).messages).toEqual(['bob@far.test deferred', 'carol@here.test deferred'])
    await ask(rig, ['bob@far.test', 'carol@here.test'])
    expect((await queue(rig)).messages).toEqual([])
  })

  it('waits for a delivery that is under way, and leaves all as it was', async () => {
    const rig = await createRig()
    await rig.send(['bob@far.test'], recallable)
    const [lease] = await rig.leaseAll()
    if (lease === undefined) throw new Error('no lease')
    expect(await ask(rig, ['bob@far.test'])).toMatchObject({ kind: 'refused', reply: { code: 450, status: '4.2.0' } })
    const again = async () => (await rig.client.command('RECL', `RECALL ${messageId} ${guid}`))?.code
    await rig.client.command('MAIL', 'FROM:<alice@sender.test>')
    await rig.client.command('RCPT', 'TO:<bob@far.test>')
    expect(await again()).toBe(450)
    await rig.store.settle([{ lease, recipients: [{ index: 0, kind: 'returned' }] }])
    expect(await queue(rig)).toEqual({ messages: ['bob@far.test queued'], reports: [] })
    expect(await again()).toBe(250)
    expect((await queue(rig)).messages).toEqual([])
  })

  it('is final only once it is reported, and is not made where it cannot be', async () => {
    const calls: string[] = []
    let broken = false
    const rig = await createRig((store) =>
      Object.assign(Object.create(store) as QueueStore, {
        open: () => store.open(),
        draft() {
          calls.push('draft')
          if (broken) throw new Error('the disk is full')
          return store.draft()
        },
        scan: (...given: Parameters<QueueStore['scan']>) => store.scan(...given),
        read: (...given: Parameters<QueueStore['read']>) => store.read(...given),
        change(...given: Parameters<QueueStore['change']>) {
          calls.push(given[1].kind)
          return store.change(...given)
        },
      }),
    )
    await rig.send(['bob@far.test'], recallable)
    calls.length = 0
    broken = true
    expect(await ask(rig, ['bob@far.test'])).toMatchObject({ kind: 'refused', reply: { code: 451, status: '4.3.0' } })
    expect(await queue(rig)).toEqual({ messages: ['bob@far.test queued'], reports: [] })
    broken = false
    await ask(rig, ['bob@far.test'])
    expect(calls).toEqual(['hold', 'draft', 'release', 'hold', 'draft', 'remove'])
  })

  it.each([
    ['NO', 0, 0],
    ['SUCCESS', 1, 0],
    ['FAILURE', 0, 0],
    ['ALL', 1, 0],
  ] as const)('tells the recipient by INFORM %s', async (inform, told, guessed) => {
    const rig = await createRig()
    const notices = async () => (await queue(rig)).reports.filter((one) => one.startsWith('bob@far.test'))
    await ask(rig, ['bob@far.test'], { inform })
    expect(await notices()).toHaveLength(guessed)
    await rig.send(['bob@far.test'], recallable)
    await ask(rig, ['bob@far.test'], { inform })
    expect(await notices()).toHaveLength(told)
  })
})

describe('the command', () => {
  it('ends its transaction, whatever follows but RSET', async () => {
    const { client } = await createRig()
    const say = async (verb: string, argument: string) => (await client.command(verb, argument))?.code
    expect(await say('RECL', `RELEASE ${messageId} ${guid}`)).toBe(503)
    await say('MAIL', 'FROM:<alice@sender.test>')
    expect(await say('RECL', `RELEASE ${messageId} ${guid}`)).toBe(503)
    await say('RCPT', 'TO:<bob@far.test>')
    expect(await say('RECL', `RELEASE ${messageId} ${guid}`)).toBe(250)
    expect(await say('RECL', `RELEASE ${messageId} ${guid}`)).toBe(503)
    expect(await say('RCPT', 'TO:<carol@far.test>')).toBe(503)
    expect(await say('DATA', '')).toBe(503)
    expect(await say('RSET', '')).toBe(250)
    await say('MAIL', 'FROM:<alice@sender.test>')
    expect(await say('RCPT', 'TO:<bob@far.test>')).toBe(250)
  })

  it('HOLD is reported as not done, to a sender here; RELEASE needs no report', async () => {
    const rig = await createRig()
    const order = { sender: mailbox('alice@here.test'), recipients: [mailbox('bob@far.test')] } as const
    await requestRecall(rig.client, { ...order, request: { kind: 'release', messageId, guid } })
    expect(await rig.entries()).toEqual([])
    await requestRecall(rig.client, { ...order, request: { kind: 'hold', messageId, guid } })
    const { reports } = await queue(rig)
    expect(actions(reports[0])).toEqual(['bob@far.test HOLD NO'])
    expect((await rig.entries())[0]?.recipients[0]?.destination).toBe('local:here.test')
  })

  it('needs a sender who can be told', async () => {
    const { client } = await createRig()
    await client.command('MAIL', 'FROM:<>')
    await client.command('RCPT', 'TO:<bob@far.test>')
    expect(await client.command('RECL', `HOLD ${messageId} ${guid}`)).toMatchObject({ code: 550, status: '5.5.0' })
  })

  it('is not said to a server that does not offer it', async () => {
    const { client } = await createRig()
    const order = {
      sender: mailbox('alice@sender.test'),
      recipients: [mailbox('bob@far.test')],
      request: { kind: 'recall', inform: 'NO', messageId, guid },
    } as const
    expect(await requestRecall({ offers: new Map(), command: client.command.bind(client) }, order)).toEqual({
      kind: 'not-offered',
    })
  })

  it('settings that are none keep the server down', async () => {
    const host = {} as Omit<Parameters<typeof contribute>[0], 'settings'>
    expect(() => contribute({ ...host, settings: { local: 'here.test' } })).toThrow(TypeError)
  })
})
