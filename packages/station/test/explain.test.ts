import type { Way } from '@angarium/delivery'
import type { Entry, Hindrance, SchedulerSnapshot } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { type Explanation, explainEntry, type StationSnapshot, snapshotOf } from '../src/explain.ts'
import { explained } from '../src/queue/explanation.ts'
import { createRig } from './rig.ts'

const minute = 60_000
const tls = { kind: 'opportunistic', source: 'default' } as const
const hosts = {
  kind: 'hosts',
  by: 'mx',
  nextHop: 'mx1.a.test',
  port: 25,
  protocol: 'smtp',
  tls: undefined,
  canonicalName: 'a.test',
  authentic: false,
  hosts: [
    {
      host: 'mx1.a.test',
      canonicalName: 'mx1.a.test',
      rank: 0,
      authentic: false,
      tls,
      addresses: [
        { address: '192.0.2.1', idleSessions: 2 },
        { address: '2001:db8::1', idleSessions: 0 },
      ],
    },
  ],
} as const

describe('an explanation', () => {
  it('asks for each destination that is still to be served, and tells who asks', async () => {
    const asked: unknown[] = []
    const note = <T>(what: unknown, answer: T): T => {
      asked.push(what)
      return answer
    }
    const recipient = (destination: string, state: Entry['recipients'][number]['state']) => ({ destination, state })
    const entry = {
      sender: 'ada',
      source: '192.0.2.7',
      reversePath: 'ada@far.test',
      recipients: [
        recipient('a.test', 'deferred'),
        recipient('b.test', 'relayed'),
        recipient('a.test', 'held'),
        recipient('c.test', 'leased'),
      ],
    } as unknown as Entry
    const explanation = await explainEntry(
      entry,
      { explain: (work) => note(work, [{ kind: 'store-failed', until: 0 }]) },
      { explain: async (destination, message) => note(message, { kind: 'local', nextHop: destination }) },
    )
    expect(asked).toEqual([
      { destination: 'a.test', sender: 'ada', source: '192.0.2.7' },
      entry,
      { destination: 'c.test', sender: 'ada', source: '192.0.2.7' },
      entry,
    ])
    const hindrances = [{ kind: 'store-failed', until: 0 }]
    expect(explanation).toEqual({
      entry,
      destinations: [
        { destination: 'a.test', hindrances, way: { kind: 'local', nextHop: 'a.test' } },
        { destination: 'c.test', hindrances, way: { kind: 'local', nextHop: 'c.test' } },
      ],
    })
  })

  it('looks up a message’s many destinations a few at a time', async () => {
    const recipients = Array.from({ length: 1_000 }, (_, at) => ({ destination: `d${at}.test`, state: 'queued' }))
    let [now, most] = [0, 0]
    const { destinations } = await explainEntry(
      { sender: '', recipients } as unknown as Entry,
      { explain: () => [] },
      {
        async explain(destination) {
          most = Math.max(most, ++now)
          await Promise.resolve()
          now--
          return { kind: 'local', nextHop: destination }
        },
      },
    )
    expect([destinations.length, most]).toEqual([1_000, 20])
  })

  it.each<[string, Way, readonly string[]]>([
    [
      'by MX',
      hosts,
      ['way:     MX records', 'host:    mx1.a.test 192.0.2.1 (2 open), 2001:db8::1 port 25, TLS if offered (default)'],
    ],
    [
      'to a literal, under TLS that the sender demands',
      {
        ...hosts,
        by: 'literal',
        hosts: [
          {
            ...hosts.hosts[0],
            host: '192.0.2.1',
            tls: { kind: 'verify', name: '192.0.2.1', source: 'requiretls' },
            addresses: [{ address: '192.0.2.1', idleSessions: 0 }],
          },
        ],
      },
      ['way:     an address literal', 'host:    192.0.2.1 port 25, TLS with a certificate for 192.0.2.1 (the sender)'],
    ],
    [
      'by a route that is spoken to in LMTP',
      {
        ...hosts,
        by: 'route',
        port: 24,
        protocol: 'lmtp',
        hosts: [
          {
            ...hosts.hosts[0],
            addresses: [{ address: '192.0.2.1', idleSessions: 0 }],
            tls: { kind: 'encrypt', source: 'route' },
          },
        ],
      },
      ['way:     a configured route', 'host:    mx1.a.test 192.0.2.1 port 24 by LMTP, TLS or nothing (the route)'],
    ],
    ['into mailboxes', { kind: 'local', nextHop: 'local:a.test' }, ['way:     into mailboxes here']],
    [
      'nowhere',
      { kind: 'failed', status: '5.1.2', because: 'there is no domain a.test' },
      ['way:     none: 5.1.2 there is no domain a.test'],
    ],
  ])('tells the way: %s', async (_, way, lines) => {
    const rig = await createRig(true, {
      station: station([], way),
    })
    const id = await rig.put(['a@a.test'])
    expect((await rig.queue('explain', id)).out.slice(10)).toEqual(
      ['now:     no limit stands in its way', ...lines].map((line) => `  ${line}`),
    )
  })

  const limit = { by: 'sender', count: 'messages', limit: 100, perMs: 3_600_000 } as const
  it.each<[Hindrance, string]>([
    [{ kind: 'not-running', state: 'idle' }, 'delivery is paused by the configuration'],
    [{ kind: 'not-running', state: 'draining' }, 'the server is stopping'],
    [{ kind: 'store-failed', until: 30_000 }, 'the queue failed; asked again in 30s'],
    [
      { kind: 'passed-over', by: 'destination', of: 'a.test', until: 2 * minute },
      'the destination could not be reached; passed over for 2m',
    ],
    [
      { kind: 'passed-over', by: 'next-hop', of: 'mx1.a.test', until: 500 },
      'its next hop mx1.a.test could not be reached; passed over for 1s',
    ],
    [{ kind: 'full', by: 'all', active: 200, window: 200 }, '200 of 200 deliveries in all are under way'],
    [{ kind: 'full', by: 'destination', of: 'a.test', active: 5, window: 4 }, '5 of 4 deliveries to it are under way'],
    [
      { kind: 'full', by: 'next-hop', of: 'mx1.a.test', active: 20, window: 20 },
      '20 of 20 deliveries to its next hop mx1.a.test are under way',
    ],
    [
      { kind: 'rate', limit, of: 'ada', until: 90_000 },
      '100 messages in 1h by sender (ada) is the limit; room in 1m30s',
    ],
    [
      { kind: 'rate', limit: { ...limit, by: 'all', perMs: 1_000 }, until: 0 },
      '100 messages in 1s is the limit; room in 0s',
    ],
  ])('tells what holds mail up: %j', (hindrance, text) => {
    const entry = { acceptedAt: 0, reversePath: '', parameters: [], sender: '', recipients: [] } as unknown as Entry
    const explanation: Explanation = { entry, destinations: [{ destination: 'a.test', hindrances: [hindrance] }] }
    expect([...explained(explanation, 0)].at(-1)).toBe(`  now:     ${text}`)
  })

  it('is there for people and for programs', async () => {
    const passed = [
      { kind: 'passed-over', by: 'destination', of: 'a.test', until: Date.UTC(2026, 10, 25, 12, 1) },
    ] as const
    const rig = await createRig(true, { station: station(passed, hosts) })
    const id = await rig.put(['a@a.test', 'b@b.test', 'c@a.test'])
    expect(JSON.parse((await rig.queue('explain', id, '--json')).out.join(''))).toMatchObject({
      entry: { id },
      destinations: [
        { destination: 'a.test', hindrances: passed, way: { kind: 'hosts', by: 'mx' } },
        { destination: 'b.test' },
      ],
    })
    const { out } = await rig.queue('explain', id)
    expect(out.slice(0, 2)).toEqual([`id:        ${id}`, 'accepted:  2026-11-25T12:00:00.000Z, 0s ago'])
    expect(out.slice(out.indexOf(''))).toEqual([
      '',
      'a.test',
      '  <a@a.test>  queued, due now',
      '    attempts 0',
      '  <c@a.test>  queued, due now',
      '    attempts 0',
      '  now:     the destination could not be reached; passed over for 1m',
      '  way:     MX records',
      '  host:    mx1.a.test 192.0.2.1 (2 open), 2001:db8::1 port 25, TLS if offered (default)',
      '',
      'b.test',
      ...out.slice(-5),
    ])
  })

  it('without a server says so', async () => {
    const rig = await createRig(false)
    const id = await rig.put(['a@a.test'])
    expect((await rig.queue('explain', id)).out.at(-1)).toBe('  now:     no server is running')
    expect(await rig.queue('explain', 'none')).toMatchObject({ code: 65 })
    expect(await rig.queue('destinations')).toMatchObject({
      code: 69,
      err: [expect.stringMatching(/^station queue: no server answers on .*: nothing is being delivered$/)],
    })
  })
})

describe('what is being delivered', () => {
  const coolUntil = Date.UTC(2026, 10, 25, 12, 2)
  const snapshot: SchedulerSnapshot = {
    state: 'running',
    active: 25,
    settling: 1,
    ahead: 3,
    destinations: [
      { destination: 'a.test', active: 20, window: 20, coolUntil: undefined, nextHop: 'mx1.a.test' },
      { destination: 'dead.test', active: 5, window: 10, coolUntil, nextHop: undefined },
      { destination: 'slow.test', active: 0, window: 5, coolUntil: undefined, nextHop: undefined },
    ],
    nextHops: [{ nextHop: 'mx1.a.test', active: 20, window: 20, coolUntil }],
  }
  const met: Record<string, readonly Hindrance[]> = {
    'dead.test': [{ kind: 'passed-over', by: 'destination', of: 'dead.test', until: coolUntil }],
    'slow.test': [
      { kind: 'rate', limit: { by: 'destination', count: 'messages', limit: 9, perMs: 1_000 }, until: coolUntil },
      { kind: 'rate', limit: { by: 'sender', count: 'messages', limit: 1, perMs: 1_000 }, until: coolUntil },
    ],
  }
  const taken = () => snapshotOf({ snapshot: () => snapshot, explain: ({ destination }) => met[destination] ?? [] })

  it('is a table of destinations and next hops', async () => {
    const rig = await createRig(true, { station: { ...station([], hosts), snapshot: taken } })
    expect((await rig.queue('destinations')).out).toEqual([
      'running: 25 deliveries under way, 3 waiting for a place, 1 being settled',
      'active  at most  destination  next hop    held up',
      '    20       20  a.test       mx1.a.test',
      '     5       10  dead.test                the destination could not be reached; passed over for 2m',
      '     0        5  slow.test                9 messages in 1s by destination is the limit; room in 2m',
      'active  at most  next hop    held up',
      '    20       20  mx1.a.test  passed over for 2m',
    ])
    expect(JSON.parse((await rig.queue('destinations', '--json')).out.join(''))).toMatchObject({
      active: 25,
      destinations: [{}, { hindrances: [{ kind: 'passed-over' }] }, { hindrances: [{ kind: 'rate' }] }],
    })
  })
})

function station(hindrances: readonly Hindrance[], way: Way) {
  return {
    snapshot: (): StationSnapshot => {
      throw new Error('not asked for')
    },
    explain: (entry: Entry) => explainEntry(entry, { explain: () => hindrances }, { explain: async () => way }),
  }
}
