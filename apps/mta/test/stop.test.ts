import { parseMailbox } from '@angarium/smtp-wire'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld, mx, type World } from './world.ts'

const ours = '192.0.2.1'
const theirs = '192.0.2.2'
const friend = '198.51.100.1'
const stranger = '203.0.113.1'

const local = {
  relayFor: ['198.51.100.0/24'],
  domains: { 'local.test': { maildir: '/mail/{local}', mailboxes: ['alice', 'bob'] } },
}

let world: World
beforeEach(() => {
  world = createWorld()
  world.zone.set('remote.test', { MX: [mx('mx.remote.test')] })
  world.zone.set('mx.remote.test', { A: [theirs] })
})

describe('coming to an end', () => {
  it('tells idle sessions 421, takes no new ones, and closes the store', async () => {
    const host = await world.host(ours, local)
    const idle = await world.client(stranger, ours)
    const stopped = host.mta.stop(30_000)
    await world.clock.advance(0)
    expect(idle.usable).toBe(false)
    await expect(world.client(stranger, ours)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await world.clock.advance(1_000)
    await stopped
    await expect(host.store.stats()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' })
  })

  it('lets a message that is coming in come to its end, and keeps it', async () => {
    const host = await world.host(ours, local)
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    async function* content(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('Subject: slow\r\n\r\n')
      await gate
      yield new TextEncoder().encode('at last\r\n')
    }
    const connection = await world.client(stranger, ours)
    const to = parseMailbox('alice@local.test')
    if (to === undefined) throw new Error('no mailbox')
    const sending = connection.send({
      reversePath: { kind: 'null' },
      recipients: [{ forwardPath: to }],
      content: content(),
    })
    await world.clock.advance(0)
    let over = false
    const stopped = host.mta.stop(30_000).then(() => {
      over = true
    })
    await world.clock.advance(1_000)
    expect(over).toBe(false)
    release()
    await world.clock.advance(10)
    expect((await sending).recipients[0]).toMatchObject({ kind: 'accepted' })
    await world.clock.advance(1_000)
    await stopped
    await host.store.open()
    const stats = await host.ledger()
    expect(stats.accepted).toBe(1)
    expect(stats.delivered + stats.queued).toBe(1)
  })

  it('cuts who does not come to an end, and gives back what is under way', async () => {
    const host = await world.host(ours, local)
    world.network.listen(theirs, 25, () => undefined)
    await world.send(friend, ours, { from: 'alice@local.test', to: ['carol@remote.test'] })
    await world.clock.advance(1_000)
    const hanging = await world.client(stranger, ours)
    void hanging.send({
      reversePath: { kind: 'null' },
      recipients: [{ forwardPath: { kind: 'postmaster' } }],
      content: (async function* () {
        yield new TextEncoder().encode('Subject: endless\r\n\r\n')
        await new Promise(() => undefined)
      })(),
    })
    await world.clock.advance(1_000)
    const stopped = host.mta.stop(30_000)
    await world.clock.advance(32_000)
    await stopped
    expect(world.network.connections).toBe(0)
    await host.store.open()
    expect(await host.ledger()).toMatchObject({ accepted: 1, queued: 1 })
  })

  it('leaves nothing open when a listener cannot be had', async () => {
    await world.host(ours, local)
    const second = world.host(ours, local)
    await world.clock.advance(1_000)
    await expect(second).rejects.toThrow('somebody listens there already')
  })
})
