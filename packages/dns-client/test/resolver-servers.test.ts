import { describe, expect, it } from 'vitest'
import { answerFrom, failed, reply, rig, type Sent, settle, zone } from './rig.ts'

const two = [{ address: '192.0.2.1' }, { address: '192.0.2.2' }]
const route = (sent: readonly Sent[]): string =>
  sent.map((one) => `${one.protocol}${one.server.address.at(-1)}`).join(' ')

describe('a server that keeps silent', () => {
  it('is asked three times, with twice the patience each time', async () => {
    const { resolver, sent, clock } = rig()
    const answer = resolver.resolve('mute.example', 'A')
    await clock.advance(13_999)
    let over = false
    void answer.then(() => {
      over = true
    })
    await settle()
    expect(over).toBe(false)
    await clock.advance(1)
    expect(await answer).toEqual(failed('timeout'))
    expect(sent.map(({ at }) => at)).toEqual([0, 2000, 6000])
    expect([sent.every(({ cancelled }) => cancelled), clock.timers]).toEqual([true, 0])
  })

  it('is asked no longer than the whole may take', async () => {
    const { resolver, sent, clock } = rig({ deadline: 5000 })
    const answer = resolver.resolve('mute.example', 'A')
    await clock.advance(5000)
    expect(await answer).toEqual(failed('timeout'))
    expect(sent.map(({ at }) => at)).toEqual([0, 2000])
  })

  it('gives way to the next, and rests behind it', async () => {
    const silentFirst = (sent: Sent) => void (sent.server.address === '192.0.2.1' || answerFrom(zone, sent))
    const { resolver, sent, clock } = rig({ servers: two }, silentFirst)
    const answer = resolver.resolve('a.example', 'A')
    await clock.advance(2000)
    expect(await answer).toMatchObject({ kind: 'found' })
    await resolver.resolve('a.example', 'MX')
    expect(route(sent)).toBe('udp1 udp2 udp2')
    await clock.advance(30_000)
    void resolver.resolve('a.example', 'TXT')
    await settle()
    expect(route(sent)).toBe('udp1 udp2 udp2 udp1')
  })

  it('cannot draw out a look-up by a chain of aliases', async () => {
    // Each step answers just before its time is up, with another alias.
    let step = 0
    const { resolver, sent, clock } = rig({ deadline: 20_000 }, ({ query, receiver }) => {
      const name = `${step++}.example`
      const owner = `${step - 2}.example`
      void clock.after(1900, () =>
        receiver.message(reply(query, { answers: [{ owner, type: 'CNAME', ttl: 9, data: { target: name } }] })),
      )
    })
    const answer = resolver.resolve('-1.example', 'A')
    await clock.advance(20_000)
    expect(await answer).toEqual(failed('timeout'))
    expect(sent.length).toBeLessThan(12)
  })
})

describe('a server that cannot answer', () => {
  it.each([
    ['broken.example', 'servfail'],
    ['refused.example', 'refused'],
    ['bogus.example', 'bogus'],
  ])('%s: is not asked again, another is', async (name, reason) => {
    const { resolver, sent } = rig({ servers: two })
    expect(await resolver.resolve(name, 'A')).toEqual(failed(reason))
    expect(route(sent)).toBe('udp1 udp2')
  })

  it('does not hide the answer of another', async () => {
    const { resolver } = rig({ servers: two }, (sent) =>
      sent.server.address === '192.0.2.1'
        ? sent.receiver.message(reply(sent.query, { rcode: 5 }))
        : answerFrom(zone, sent),
    )
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
  })

  it.each([
    [5, 2, 'servfail'],
    [2, 5, 'servfail'],
  ])('gives the graver of two reasons: %d and %d', async (first, second, reason) => {
    const { resolver } = rig({ servers: two }, ({ query, receiver, server }) =>
      receiver.message(reply(query, { rcode: server.address === '192.0.2.1' ? first : second })),
    )
    expect(await resolver.resolve('a.example', 'A')).toEqual(failed(reason))
  })

  it('is passed over when it cannot be reached', async () => {
    const { resolver, sent } = rig({ servers: two }, (sent) =>
      sent.server.address === '192.0.2.1' ? sent.receiver.failed(new Error('refused')) : answerFrom(zone, sent),
    )
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
    expect(route(sent)).toBe('udp1 udp2')
  })

  it('is a time-out when none can be reached, or the transport throws', async () => {
    const gone = rig({}, ({ receiver }) => receiver.failed(new Error('refused')))
    expect(await gone.resolver.resolve('a.example', 'A')).toEqual(failed('timeout'))
    const throwing = () => {
      throw new Error('EMFILE')
    }
    const broken = rig({ transport: { udp: throwing, tcp: throwing } })
    expect(await broken.resolver.resolve('a.example', 'A')).toEqual(failed('timeout'))
    expect(broken.clock.timers).toBe(0)
  })

  it('may not know EDNS', async () => {
    const { resolver, sent } = rig({}, (one) =>
      one.query.length > 27
        ? one.receiver.message(reply(one.query, { rcode: 1, edns: undefined }))
        : answerFrom(zone, one),
    )
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found', authentic: true })
    expect(sent.map(({ query }) => query[11])).toEqual([1, 0])
  })
})

describe('TCP', () => {
  const cut = (one: Sent): void => {
    const { flags } = { flags: { truncated: true } }
    one.receiver.message(reply(one.query, { flags: flags as never }))
  }

  it('brings what did not fit', async () => {
    const { resolver, sent, events } = rig({}, (one) => (one.protocol === 'udp' ? cut(one) : answerFrom(zone, one)))
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
    expect(route(sent)).toBe('udp1 tcp1')
    expect(events).toMatchObject([
      { kind: 'asked', protocol: 'udp', result: 'message' },
      { kind: 'asked', protocol: 'tcp', result: 'message' },
    ])
  })

  it('has a patience of its own', async () => {
    const { resolver, clock } = rig({}, (one) => {
      if (one.protocol === 'udp') void clock.after(1900, () => cut(one))
      else void clock.after(1900, () => answerFrom(zone, one))
    })
    const answer = resolver.resolve('a.example', 'A')
    await clock.advance(3800)
    expect(await answer).toMatchObject({ kind: 'found' })
  })

  it('is malformed when it did not fit there either', async () => {
    const { resolver } = rig({}, cut)
    expect(await resolver.resolve('a.example', 'A')).toEqual(failed('malformed'))
  })

  it('decides when what came by UDP cannot be read', async () => {
    const broken = ({ query, receiver }: Sent) => receiver.message(reply(query).subarray(0, -3))
    const healed = rig({}, (one) => (one.protocol === 'udp' ? broken(one) : answerFrom(zone, one)))
    expect(await healed.resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
    const both = rig({ servers: two }, broken)
    expect(await both.resolver.resolve('a.example', 'A')).toEqual(failed('malformed'))
    expect(route(both.sent)).toBe('udp1 tcp1 udp2 tcp2')
  })

  it('decides when a server changes the case, and may change it itself', async () => {
    const folded = ({ query, receiver }: Sent) =>
      receiver.message(
        reply(query, {
          questions: [{ name: 'a.example', type: 1, class: 1 }],
          answers: [{ owner: 'a.example', type: 'A', ttl: 9, data: { address: '192.0.2.1' } }],
        }),
      )
    const { resolver, sent, events } = rig({}, folded)
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ kind: 'found' })
    expect(route(sent)).toBe('udp1 tcp1')
    expect(events.map(({ kind }) => kind)).toEqual(['ignored', 'asked', 'asked'])
  })

  it('is malformed when it brings the answer to another question', async () => {
    const { resolver } = rig({}, (one) =>
      one.protocol === 'udp'
        ? cut(one)
        : one.receiver.message(reply(one.query, { questions: [{ name: 'b.example', type: 1, class: 1 }] })),
    )
    expect(await resolver.resolve('a.example', 'A')).toEqual(failed('malformed'))
  })
})

describe('strangers', () => {
  const forged = (query: Uint8Array): Uint8Array => {
    const octets = reply(query, {
      answers: [{ owner: 'a.example', type: 'A', ttl: 99, data: { address: '203.0.113.1' } }],
    })
    octets[1] = (octets[1] ?? 0) ^ 1
    return octets
  }

  it('are ignored until the answer comes', async () => {
    const { resolver, events } = rig({}, (one) => {
      for (let count = 0; count < 49; count++) one.receiver.message(forged(one.query))
      one.receiver.message(one.query)
      answerFrom(zone, one)
      one.receiver.message(forged(one.query))
    })
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({
      kind: 'found',
      records: [{ address: '192.0.2.1' }],
    })
    expect(events.filter(({ kind }) => kind === 'ignored')).toHaveLength(50)
  })

  it('send us to TCP when there are many', async () => {
    const { resolver, sent } = rig({}, (one) => {
      if (one.protocol === 'udp') for (let count = 0; count < 60; count++) one.receiver.message(forged(one.query))
      answerFrom(zone, one)
    })
    expect(await resolver.resolve('a.example', 'A')).toMatchObject({ records: [{ address: '192.0.2.1' }] })
    expect(route(sent)).toBe('udp1 tcp1')
  })

  it('do not prolong the waiting', async () => {
    const { resolver, clock } = rig({ rounds: 1 }, (one) => one.receiver.message(forged(one.query)))
    const answer = resolver.resolve('a.example', 'A')
    await clock.advance(2000)
    expect(await answer).toEqual(failed('timeout'))
  })
})
