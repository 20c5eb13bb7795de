import { describe, expect, it } from 'vitest'
import { DnsError, type ResolverOptions } from '../src/index.ts'
import {
  answerFrom,
  failed,
  manualClock,
  reply,
  resolverOver,
  rig,
  type Sent,
  scriptedTransport,
  settle,
  zone,
} from './rig.ts'

describe('a query', () => {
  it('has an id and a pattern of case of its own', async () => {
    const { resolver, sent } = rig({ keep: { most: 0 } })
    for (let turn = 0; turn < 20; turn++) await resolver.resolve('a.example', 'A')
    const ids = sent.map(({ query }) => ((query[0] ?? 0) << 8) | (query[1] ?? 0))
    const names = sent.map(({ query }) => new TextDecoder().decode(query.subarray(13, 22)))
    expect(new Set(ids).size).toBe(20)
    expect(new Set(names).size).toBeGreaterThan(10)
  })

  it('has its name as it was written when mixed case is not wanted', async () => {
    const { resolver, sent } = rig({ mixedCase: false })
    await resolver.resolve('A.Example.', 'A')
    expect(new TextDecoder().decode(sent[0]?.query.subarray(13, 22))).toBe('a\u0007example')
  })

  it('is sent once for all who ask at the same time', async () => {
    const { resolver, sent } = rig()
    const answers = await Promise.all([
      resolver.resolve('a.example', 'A'),
      resolver.resolve('A.example.', 'A'),
      resolver.resolve('a.example', 'MX'),
    ])
    expect(sent).toHaveLength(2)
    expect(answers.map(({ kind }) => kind)).toEqual(['found', 'found', 'found'])
  })

  it.each(['a..example', 'b\u00fccher.example', 'a\\.b.example'])('is not sent for %s', async (name) => {
    const { resolver, sent } = rig()
    expect(await resolver.resolve(name, 'A')).toEqual(failed('malformed'))
    expect(sent).toEqual([])
  })

  it('waits for its turn when too many are under way', async () => {
    const held: Sent[] = []
    const { resolver, sent } = rig({ concurrency: 2 }, (one) => held.push(one))
    const all = ['a', 'b', 'c', 'd'].map((name) => resolver.resolve(`${name}.example`, 'A'))
    for (const count of [2, 3, 4, 4]) {
      await settle()
      expect(sent).toHaveLength(count)
      answerFrom(zone, held.shift() as Sent)
    }
    expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(['found', 'nxdomain', 'nxdomain', 'nxdomain'])
  })
})

describe('memory', () => {
  it('lasts as long as the records', async () => {
    const { resolver, sent, clock, events } = rig()
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ validFor: 100 })
    await clock.advance(99_000)
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found', authentic: true, validFor: 1 })
    expect([sent.length, resolver.cached, events.at(-1)]).toEqual([
      1,
      1,
      { kind: 'from-cache', name: 'a.example', type: 'A' },
    ])
    await clock.advance(1000)
    await resolver.resolve('a.example', 'A')
    expect(sent).toHaveLength(2)
  })

  it.each([
    ['at least', 'short.example', 'A', { least: 30 }, 30],
    ['at most', 'a.example', 'A', { most: 30 }, 30],
    ['"no" three hours at most', 'none.example', 'A', {}, 10_800],
    ['"no" at most', 'a.example', 'TXT', { mostNegative: 7 }, 7],
    ['"no" not longer for a floor', 'a.example', 'TXT', { least: 50, mostNegative: 7 }, 7],
    ['failures', 'broken.example', 'A', {}, 5],
    ['failures as long as wanted', 'broken.example', 'A', { failure: 60 }, 60],
  ] as const)('lasts %s', async (_name, name, type, keep, seconds) => {
    const { resolver, sent, clock } = rig({ keep })
    const answer = await resolver.resolve(name, type)
    if (answer.kind !== 'failed') expect(answer.validFor).toBe(seconds)
    await clock.advance(seconds * 1000 - 1)
    await resolver.resolve(name, type)
    expect(sent).toHaveLength(1)
    await clock.advance(1)
    await resolver.resolve(name, type)
    expect(sent).toHaveLength(2)
  })

  it('does not hold a "no" that says not how long it is good for', async () => {
    const { resolver, sent } = rig({}, ({ query, receiver }) => receiver.message(reply(query, { rcode: 3 })))
    for (let turn = 0; turn < 2; turn++)
      expect(await resolver.resolve('a.example', 'A')).toEqual({ kind: 'nxdomain', authentic: false, validFor: 0 })
    expect(sent).toHaveLength(2)
  })

  it('forgets when told to', async () => {
    const { resolver, sent } = rig()
    for (const name of ['a.example', 'b.example']) await resolver.resolve(name, 'A')
    resolver.forget('A.example')
    for (const name of ['a.example', 'b.example']) await resolver.resolve(name, 'A')
    expect(sent).toHaveLength(3)
    resolver.forget()
    expect(resolver.cached).toBe(0)
  })
})

describe('authenticity', () => {
  it.each([
    [{ address: '127.0.0.1' }, true],
    [{ address: '192.0.2.1' }, false],
    [{ address: '192.0.2.1', trusted: true }, true],
    [{ address: '127.0.0.1', trusted: false }, false],
  ])('follows from the AD of a server that is trusted: %j', async (server, authentic) => {
    const { resolver } = rig({ servers: [server] })
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found', authentic })
    expect(await resolver.resolve('b.example', 'A')).toMatchObject({ kind: 'nxdomain', authentic })
  })

  it('is lost when one step of several is not authentic', async () => {
    const told = (authentic: readonly boolean[]) => {
      let step = 0
      return rig({}, ({ query, receiver }) => {
        const flags = { authentic: authentic[step] } as never
        const owner = `${step}.example`
        step++
        receiver.message(
          step === authentic.length
            ? reply(query, { flags, answers: [{ owner, type: 'A', ttl: 9, data: { address: '192.0.2.1' } }] })
            : reply(query, { flags, answers: [{ owner, type: 'CNAME', ttl: 9, data: { target: `${step}.example` } }] }),
        )
      }).resolver.resolve('0.example', 'A')
    }
    expect(await told([true, true, true])).toMatchObject({ kind: 'found', canonicalName: '2.example', authentic: true })
    expect(await told([true, false, true])).toMatchObject({ authentic: false })
    expect(await told([false, true])).toMatchObject({ authentic: false })
    expect(await told([true, false])).toMatchObject({ authentic: false })
  })
})

describe('aliases over several messages', () => {
  const step = (next: (name: string) => string) => (one: Sent) => {
    const asked = Number.parseInt(new TextDecoder().decode(one.query.subarray(13, 16)), 10)
    const owner = `${asked}`.padStart(3, '0')
    one.receiver.message(
      reply(one.query, {
        answers: [{ owner: `${owner}.example`, type: 'CNAME', ttl: 9, data: { target: next(owner) } }],
      }),
    )
  }

  it('are a loop when they come back', async () => {
    const { resolver, sent } = rig(
      {},
      step((owner) => (owner === '000' ? '001.example' : '000.example')),
    )
    expect(await resolver.resolve('000.example', 'A')).toEqual(failed('loop'))
    expect(sent).toHaveLength(2)
  })

  it('are a loop when there are more than sixteen', async () => {
    const { resolver, sent } = rig(
      {},
      step((owner) => `${`${Number(owner) + 1}`.padStart(3, '0')}.example`),
    )
    expect(await resolver.resolve('000.example', 'A')).toEqual(failed('loop'))
    expect(sent).toHaveLength(17)
  })
})

describe('closing', () => {
  it('ends what is under way and what waits, and leaves what is remembered', async () => {
    const { resolver, sent, clock } = rig({ concurrency: 1 })
    await resolver.resolve('a.example', 'A')
    const waiting = [resolver.resolve('mute.example', 'A'), resolver.resolve('a.example', 'MX')]
    await settle()
    resolver.close()
    expect(await Promise.all(waiting)).toEqual([failed('timeout'), failed('timeout')])
    expect(await resolver.resolve('a.example', 'TXT')).toEqual(failed('timeout'))
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
    expect([sent.length, sent.at(-1)?.cancelled, clock.timers]).toEqual([2, true, 0])
  })
})

describe('options', () => {
  it.each<[Partial<ResolverOptions>, string]>([
    [{ servers: [] }, 'servers'],
    [{ deadline: 0 }, 'deadline'],
    [{ tryTimeout: Number.NaN }, 'tryTimeout'],
    [{ rounds: 0 }, 'rounds'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ cache: { entries: -1 } }, 'cache.entries'],
    [{ cache: { octets: Number.POSITIVE_INFINITY } }, 'cache.octets'],
    [{ keep: { least: -1 } }, 'keep.least'],
    [{ keep: { most: -1 } }, 'keep.most'],
    [{ keep: { mostNegative: -1 } }, 'keep.mostNegative'],
    [{ keep: { failure: -1 } }, 'keep.failure'],
  ])('%j', (options, option) => {
    let thrown: unknown
    try {
      rig(options)
    } catch (error) {
      thrown = error
    }
    expect(DnsError.is(thrown, 'DNS_OPTION') && thrown.detail.option).toBe(option)
  })

  it('a type that does not exist', async () => {
    const error = await rig()
      .resolver.resolve('a.example', 'CAA' as 'A')
      .catch((thrown: unknown) => thrown)
    expect(DnsError.is(error, 'DNS_OPTION') && error.detail.option).toBe('type')
  })
})

it('calls off a query of which the transport tells before it returned', async () => {
  const clock = manualClock()
  const inner = scriptedTransport(clock, () => undefined)
  let cancelled = 0
  const early = {
    ...inner,
    udp: (query: Uint8Array, _server: unknown, receiver: Sent['receiver']) => {
      answerFrom(zone, { protocol: 'udp', query, receiver } as Sent)
      return () => void cancelled++
    },
  }
  const { resolver } = resolverOver(zone, clock, { transport: early })
  expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
  expect(cancelled).toBe(1)
})
