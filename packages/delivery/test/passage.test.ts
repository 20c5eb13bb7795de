import { createZone, memoryResolver } from '@angarium/dns-client/testing'
import { describe, expect, it } from 'vitest'
import { hostsKey } from '../src/route/next-hop.ts'
import { gate, leaseOf, never } from './lease.ts'
import { hosts, type Rig, type RigOptions, rig, run, session } from './rig.ts'

async function one(options: RigOptions = {}): Promise<Rig> {
  const made = await rig(options)
  hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
  return made
}

describe('a passage', () => {
  it('is entered once for a lease, before any connection', async () => {
    const made = await one()
    const mx = made.peer('192.0.2.1', session())
    const connections: number[] = []
    const passage = {
      enter(nextHop: string) {
        connections.push(made.network.connections)
        return nextHop === 'mx1.there.example'
      },
    }
    const { recipients } = await made.delivery.deliver(leaseOf('there.example', {}), never, passage)
    expect(recipients).toMatchObject([{ kind: 'relayed' }])
    expect(connections).toEqual([0])
    expect(mx.count).toBe(1)
  })

  it.each(['there.example', 'local:here.example'])(
    'without a place leaves mail to %s as it was',
    async (destination) => {
      const made = await one()
      const mx = made.peer('192.0.2.1', session())
      const lease = leaseOf(destination, {}, {})
      const settlement = await made.delivery.deliver(lease, never, gate(false))
      expect(settlement).toEqual({ lease: { id: lease.id, destination, fence: 1 }, recipients: [], spawn: [] })
      expect([mx.count, made.mail, made.log]).toEqual([0, [], []])
    },
  )

  it('is not entered where no connection follows', async () => {
    const made = await one()
    made.zone.set('broken.example', { fails: 'servfail' })
    await made.clock.advance(2_000)
    const passage = gate()
    await made.delivery.deliver(leaseOf('broken.example', {}), never, passage)
    await made.delivery.deliver(leaseOf('gone.example', {}), never, passage)
    await made.delivery.deliver(
      { ...leaseOf('there.example', {}), parameters: [['REQUIRETLS', undefined]] },
      never,
      passage,
    )
    await made.delivery.deliver({ ...leaseOf('there.example', {}), parameters: [['BY', '1;R']] }, never, passage)
    await made.delivery.deliver(leaseOf('there.example', { bounce: 'enough' }), never, passage)
    expect(passage.asked).toEqual([])
  })

  it('is entered by the destination for local delivery, by host and port for a route', async () => {
    const made = await one({
      route: (destination) =>
        destination === 'routed.example' ? { host: '192.0.2.1', port: 25, protocol: 'smtp', tls: 'none' } : undefined,
    })
    made.peer('192.0.2.1', session())
    const passage = gate()
    await made.delivery.deliver(leaseOf('local:here.example', {}), never, passage)
    await made.delivery.deliver(leaseOf('routed.example', {}), never, passage)
    expect(passage.asked).toEqual(['local:here.example', 'smtp 192.0.2.1:25'])
  })
})

describe('domains with the same hosts', () => {
  it('share their places', async () => {
    const made = await rig({ scheduling: { perNextHop: 1, perDestinationStart: 1 } })
    const domains = [1, 2, 3].map((n) => `d${n}.example`)
    for (const domain of domains) made.zone.set(domain, { MX: [{ preference: 10, exchange: 'mx.example' }] })
    made.zone.set('mx.example', { A: ['192.0.2.1'] })
    const slow = session({ transactions: [{}, {}, {}] }).replaceAll('S: 250 taken', '-- wait 1000\nS: 250 taken')
    const mx = made.peer('192.0.2.1', slow)
    await made.put({ to: domains.map((domain) => `a@${domain}`) })
    await run(made)
    expect(made.scheduler.snapshot().nextHops).toMatchObject([{ nextHop: 'mx.example', active: 1 }])
    expect(mx.count).toBe(1)
    for (let n = 0; n < 3; n++) await made.clock.advance(1_000)
    expect(await made.store.stats()).toMatchObject({ relayed: 3, queued: 0 })
    // One after the other, over one session.
    expect(mx.count).toBe(1)
  })
})

describe('the key of a set of hosts', () => {
  it('is the same in any order', () => {
    expect(hostsKey(['b.example', 'a.example'])).toBe(hostsKey(['a.example', 'b.example']))
  })

  it('is bounded: of many hosts the first by name stand for all', () => {
    const many = Array.from({ length: 20 }, (_, at) => `${'x'.repeat(60)}${at + 10}.example`)
    expect(hostsKey(many).length).toBeLessThanOrEqual(512)
    expect(hostsKey(many)).toBe(hostsKey([...many, 'zzz.example']))
    expect(hostsKey(many)).not.toBe(hostsKey(['aaa.example', ...many]))
  })
})

describe('look-ups', () => {
  it('are made once for a burst, and again after a second', async () => {
    const zone = createZone({ 'there.example': { MX: [{ preference: 10, exchange: 'mx1.there.example' }] } })
    zone.set('mx1.there.example', { A: ['192.0.2.1'] })
    const resolver = memoryResolver(zone)
    const made = await one({ resolver })
    made.peer('192.0.2.1', session({ transactions: [{}, {}, {}] }))
    const deliver = async (): Promise<void> => {
      const { recipients } = await made.delivery.deliver(leaseOf('there.example', {}), never, gate())
      expect(recipients).toMatchObject([{ kind: 'relayed' }])
    }
    await deliver()
    await deliver()
    expect(resolver.asked.map(({ type }) => type)).toEqual(['MX', 'AAAA', 'A'])
    await made.clock.advance(999)
    await deliver()
    expect(resolver.asked).toHaveLength(3)
    await made.clock.advance(1)
    zone.set('there.example', { MX: [{ preference: 0, exchange: '.' }] })
    const { recipients } = await made.delivery.deliver(leaseOf('there.example', {}), never, gate())
    expect(recipients).toMatchObject([{ kind: 'failed', status: '5.1.10' }])
  })

  it('are not kept where they came to nothing', async () => {
    const made = await one()
    made.zone.set('new.example', { fails: 'servfail' })
    const status = async (): Promise<unknown> => {
      const [recipient] = (await made.delivery.deliver(leaseOf('new.example', {}), never, gate(false))).recipients
      return recipient?.kind
    }
    expect(await status()).toBe('deferred')
    hosts(made.zone, 'new.example', '192.0.2.7')
    expect(await status()).toBeUndefined()
  })

  it('of no more than a thousand destinations are kept', async () => {
    const zone = createZone()
    const resolver = memoryResolver(zone)
    const made = await one({ resolver })
    const domain = (at: number): string => `d${at}.example`
    for (let at = 0; at <= 1_000; at++) zone.set(domain(at), { A: ['192.0.2.1'] })
    const ask = async (at: number): Promise<number> => {
      resolver.asked.length = 0
      await made.delivery.deliver(leaseOf(domain(at), {}), never, gate(false))
      return resolver.asked.length
    }
    for (let at = 0; at <= 1_000; at++) await ask(at)
    expect(await ask(1_000)).toBe(0)
    expect(await ask(1)).toBe(0)
    expect(await ask(0)).toBe(3)
  })
})
