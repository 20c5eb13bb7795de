import { type Change, createMemoryStore, type Entry, type Filter } from '@angarium/queue'
import { createSeededRandom } from '@angarium/queue/testing'
import type { StationStore } from '@angarium/station'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type Host, hour, mx, type World } from './world.ts'

const ours = '192.0.2.1'
const theirs = '192.0.2.2'
const friend = '198.51.100.7'
const minute = 60_000
const local = {
  relayFor: [friend],
  domains: { 'local.test': { maildir: '/mail/{local}', mailboxes: ['alice'] } },
}

let world: World
beforeEach(() => {
  world = createWorld()
  world.zone.set('remote.test', { MX: [mx('mx.remote.test')] })
  world.zone.set('mx.remote.test', { A: [theirs] })
})

async function entries({ store }: Host): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for await (const entry of store.scan()) if (entry.kind === 'message') found.push(entry)
  return found
}

async function explain(host: Host, at = 0) {
  const entry = (await entries(host))[at]
  if (entry === undefined) throw new Error('no such message')
  return host.mta.explain(entry)
}

async function change(host: Host, filter: Filter, change: Change): Promise<void> {
  for await (const _ of host.store.change(filter, change));
}

const mail = { from: 'alice@local.test', to: ['carol@remote.test'] }

describe('looking after the queue of a whole MTA', () => {
  it('explains why a message waits: what it met, what holds it up, which way it goes', async () => {
    const host = await world.host(ours, local)
    world.network.disturb(theirs, { dial: 'refuse' })
    // As many as are tried at first, and one more.
    for (let count = 0; count < 6; count++) await world.send(friend, ours, mail)
    await world.clock.advance(1_000)
    const way = {
      kind: 'hosts',
      by: 'mx',
      nextHop: 'mx.remote.test',
      hosts: [{ host: 'mx.remote.test', tls: { kind: 'opportunistic', source: 'default' } }],
    }
    const explanation = await explain(host)
    expect(explanation).toMatchObject({
      entry: { sender: 'local.test', source: friend, recipients: [{ state: 'deferred', attempts: 1 }] },
      destinations: [
        {
          destination: 'remote.test',
          hindrances: [{ kind: 'passed-over', by: 'next-hop', of: 'mx.remote.test' }],
          way,
        },
      ],
    })
    expect(host.mta.snapshot().destinations).toMatchObject([{ destination: 'remote.test', nextHop: 'mx.remote.test' }])
    await world.clock.advance(2 * minute)
    expect((await explain(host)).destinations).toMatchObject([{ hindrances: [], way }])
  })

  it('explains that a route leads elsewhere, and that delivery is paused', async () => {
    const routes = { 'remote.test': { host: theirs, port: 2525, tls: 'verify' as const } }
    const host = await world.host(ours, { ...local, routes, delivery: { paused: true } })
    await world.send(friend, ours, mail)
    expect((await explain(host)).destinations).toMatchObject([
      {
        hindrances: [{ kind: 'not-running', state: 'idle' }],
        way: { by: 'route', nextHop: `smtp ${theirs}:2525`, hosts: [{ tls: { kind: 'verify', source: 'route' } }] },
      },
    ])
  })

  it('gives a message up on an operator’s word, and tells its sender why', async () => {
    const host = await world.host(ours, local)
    world.network.disturb(theirs, { dial: 'refuse' })
    await world.send(friend, ours, mail)
    await world.clock.advance(1_000)
    await change(host, { destination: 'remote.test' }, { kind: 'bounce', because: 'the company is closed' })
    await world.clock.advance(2 * minute)
    expect(host.mailbox('alice')).toHaveLength(1)
    expect(host.mailbox('alice')[0]).toMatch(/^Action: failed\nStatus: 5\.7\.0$/m)
    expect(host.mailbox('alice')[0]).toContain('the company is closed')
    expect(await host.ledger()).toMatchObject({ accepted: 2, failed: 1, delivered: 1, messages: 0 })
  })

  it('lets a sender have no more than its rate, and says so', async () => {
    const rates = [{ by: 'sender' as const, limit: 2, per: 'hour' as const }]
    const host = await world.host(ours, { ...local, delivery: { rates } })
    const other = await world.host(theirs, {
      hostname: 'mx.remote.test',
      domains: { 'remote.test': { maildir: '/mail/{local}' } },
    })
    for (let count = 0; count < 4; count++) await world.send(friend, ours, mail)
    await world.send(friend, ours, { ...mail, from: 'dan@elsewhere.test' })
    await world.clock.advance(minute)
    expect(other.mailbox('carol')).toHaveLength(3)
    expect((await explain(host)).destinations).toMatchObject([
      { hindrances: [{ kind: 'rate', of: 'local.test', limit: { by: 'sender', limit: 2, perMs: hour } }] },
    ])
    await world.clock.advance(3 * hour)
    expect(other.mailbox('carol')).toHaveLength(5)
  })

  it('takes no mail while the disk has no room for it, and again once it has', async () => {
    const memory = createMemoryStore({ clock: world.clock, random: createSeededRandom(9) })
    const store: StationStore & { full: boolean } = Object.assign(memory, { full: true })
    const host = await world.host(ours, local, { store })
    const here = { from: 'x@remote.test', to: ['alice@local.test'] }
    expect(await world.send(friend, ours, here)).toMatchObject([
      { kind: 'refused', reply: { code: 452, status: '4.3.1' } },
    ])
    expect(host.events).toContainEqual({
      event: 'refused',
      fields: expect.objectContaining({ at: 'mail', by: 'room' }),
    })
    store.full = false
    expect(await world.send(friend, ours, here)).toMatchObject([{ kind: 'accepted' }])
  })

  it('gives up sooner where the configuration says so of a destination', async () => {
    const destinations = { '*.test': { retry: { first: '1m', max: '10m', lifetime: '1h' } } }
    const host = await world.host(ours, { ...local, delivery: { destinations } })
    world.network.disturb(theirs, { dial: 'refuse' })
    await world.send(friend, ours, mail)
    await world.clock.advance(30 * minute)
    expect(await entries(host)).toMatchObject([{ recipients: [{ state: 'deferred' }] }])
    await world.clock.advance(2 * hour)
    expect(await host.ledger()).toMatchObject({ expired: 1, messages: 0 })
  })
})
