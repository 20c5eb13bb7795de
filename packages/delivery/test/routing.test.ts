import { createZone, memoryResolver, type ZoneEntry } from '@angarium/dns-client/testing'
import { createSeededRandom } from '@angarium/queue/testing'
import { describe, expect, it } from 'vitest'
import { locate, type RoutingContext } from '../src/route/locate.ts'
import { ordered } from '../src/route/order.ts'
import type { Route, RouteSource } from '../src/route/route.ts'
import { Self } from '../src/route/self.ts'
import vectors from '../vectors/routing.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly zone: Readonly<Record<string, ZoneEntry>>
  readonly destination: string
  readonly options?: Partial<RoutingContext>
  readonly route?: Route
  readonly by?: RouteSource
  readonly nextHop?: string
  readonly hosts?: readonly (readonly [string, readonly string[]])[]
  readonly trouble?: readonly [string, string]
  readonly code?: number
  readonly port?: number
  readonly protocol?: string
  readonly tls?: string
  readonly canonicalName?: string
  readonly authentic?: readonly [boolean, boolean]
}

const random = createSeededRandom(3)

function contextOf(zone: Vector['zone'], options: Partial<RoutingContext> = {}): RoutingContext {
  return {
    resolver: memoryResolver(createZone(zone)),
    self: new Self('us.example', { names: ['alias.us.example'], addresses: ['192.0.2.99', '2001:db8::99'] }),
    families: ['ipv6', 'ipv4'],
    allowLoopback: false,
    port: 25,
    maxAddresses: 5,
    maxExchangers: 20,
    ...options,
  }
}

describe.each(vectors as unknown as readonly Vector[])('routing: $name', (vector) => {
  it('decides as written', async () => {
    const context = contextOf(vector.zone, vector.options)
    const routing = await locate(vector.destination, vector.route, context)
    if (vector.trouble !== undefined) {
      const [kind, status] = vector.trouble
      expect(routing).toMatchObject({ kind, status })
      expect('reply' in routing ? routing.reply?.code : undefined).toBe(vector.code)
      return
    }
    if (routing.kind !== 'hosts') throw new Error(routing.because)
    const order = ordered(routing.hosts, random, context.maxAddresses)
    expect(order.map(({ host, addresses }) => [host, addresses])).toEqual(vector.hosts)
    if (vector.by !== undefined) expect(routing.by).toBe(vector.by)
    if (vector.nextHop !== undefined) expect(routing.nextHop).toBe(vector.nextHop)
    const { port = 25, protocol = 'smtp', tls, canonicalName, authentic = [false, false] } = vector
    expect(routing).toMatchObject({ port, protocol, tls })
    expect([routing.authentic, routing.hosts[0]?.authentic]).toEqual(authentic)
    if (canonicalName !== undefined) expect(routing.canonicalName).toBe(canonicalName)
  })
})

describe('routing', () => {
  it('shuffles hosts of equal preference and keeps the levels apart', async () => {
    const names = ['a', 'b', 'c', 'd'].map((label) => `${label}.example`)
    const zone = Object.fromEntries(names.map((name, at) => [name, { A: [`192.0.2.${at + 1}`] }]))
    const MX = names.map((exchange, at) => ({ preference: at === 3 ? 20 : 10, exchange }))
    const context = contextOf({ ...zone, 'x.example': { MX } })
    const orders = new Set<string>()
    const routing = await locate('x.example', undefined, context)
    if (routing.kind !== 'hosts') throw new Error(routing.because)
    for (let n = 0; n < 200; n++) {
      const hosts = ordered(routing.hosts, random, 5).map(({ host }) => host)
      expect(hosts[3]).toBe('d.example')
      orders.add(hosts.slice(0, 3).join())
    }
    expect(orders.size).toBe(6)
  })

  it('asks DNS no more than it needs: worse levels only when the better do not suffice', async () => {
    const MX = ['b', 'c', 'd'].map((label, at) => ({ preference: at === 2 ? 20 : 10, exchange: `${label}.example` }))
    const two = { A: ['192.0.2.1', '192.0.2.2'] }
    const resolver = memoryResolver(createZone({ 'a.example': { MX }, 'b.example': two, 'c.example': two }))
    await locate('a.example', undefined, { ...contextOf({}), resolver, maxAddresses: 3 })
    expect(resolver.asked.map(({ name }) => name)).not.toContain('d.example')
    await locate('a.example', undefined, { ...contextOf({}), resolver, maxAddresses: 5 })
    expect(resolver.asked.map(({ name }) => name)).toContain('d.example')
  })

  it('takes no identity that is none', () => {
    expect(() => new Self('us.example', { addresses: ['192.0.2'] })).toThrow(/identity\.addresses/)
    expect(() => new Self('us..example', {})).toThrow(/identity\.names/)
  })
})
