import { createHook } from 'node:async_hooks'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { DnsError } from '../src/index.ts'
import { framed } from '../src/node/frame.ts'
import { createNodeResolver, type NodeResolverOptions, serveZone } from '../src/node.ts'
import { createZone } from '../src/testing.ts'
import { hostileServer, type Script } from './hostile.ts'
import { reply } from './rig.ts'

const toClose: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of toClose.splice(0)) await close()
})

/** A resolver that asks a hostile server; no time-out is meant to be reached but where a test shortens it. */
async function against(script: Script, options: NodeResolverOptions = {}) {
  const hostile = await hostileServer(script)
  const resolver = await createNodeResolver({ servers: [hostile.server], tryTimeout: 20_000, rounds: 1, ...options })
  toClose.push(
    () => resolver.close(),
    () => hostile.close(),
  )
  return { hostile, ask: () => resolver.resolve('a.example', 'A') }
}

const failed = (reason: string) => ({ kind: 'failed', reason })
const found = { kind: 'found', records: [{ address: '192.0.2.1' }] }
const good = (query: Uint8Array) =>
  reply(query, { answers: [{ owner: 'a.example', type: 'A', ttl: 9, data: { address: '192.0.2.1' } }] })
const wrong = (query: Uint8Array) =>
  reply(query, { answers: [{ owner: 'a.example', type: 'A', ttl: 9, data: { address: '203.0.113.1' } }] })
const changed = (octets: Uint8Array, at: number, xor: number): Uint8Array =>
  octets.map((octet, index) => (index === at ? octet ^ xor : octet))
const cut = (query: Uint8Array): Uint8Array => changed(reply(query), 2, 0x02)
/** Waits for the whole query, without its length. */
const asked = (socket: Socket, then: (query: Buffer) => void): void =>
  void socket.once('data', (octets) => then(octets.subarray(2)))

describe('datagrams of a hostile server', () => {
  it('that answer nothing we asked are ignored until the answer comes', async () => {
    const { ask } = await against({
      udp: (query) => [
        changed(wrong(query), 0, 1),
        changed(wrong(query), 1, 1),
        changed(wrong(query), 2, 0x80),
        reply(query, { questions: [{ name: 'b.example', type: 1, class: 1 }] }),
        changed(wrong(query), 24, 0xff),
        new Uint8Array(),
        new Uint8Array(11),
        query,
        good(query),
        wrong(query),
      ],
    })
    expect(await ask()).toMatchObject(found)
  })

  it('that come from another port never arrive', async () => {
    const forger = createSocket('udp4')
    forger.bind(0, '127.0.0.1')
    await once(forger, 'listening')
    toClose.push(() => void forger.close())
    const events: string[] = []
    const { ask } = await against(
      {
        udp: (query, _again, port) => {
          forger.send(wrong(query), port, '127.0.0.1')
          return [good(query)]
        },
      },
      { observe: (event) => void events.push(event.kind) },
    )
    expect(await ask()).toMatchObject(found)
    expect(events).toEqual(['asked'])
  })

  it('send us to TCP when they are many', async () => {
    const { ask } = await against({
      udp: (query) => Array.from({ length: 51 }, () => changed(wrong(query), 0, 1)),
      tcp: (socket) => asked(socket, (query) => socket.write(framed(good(query)))),
    })
    expect(await ask()).toMatchObject(found)
  })

  it('send us to TCP when they cannot be read', async () => {
    const { ask } = await against({
      udp: (query) => [Uint8Array.of(...good(query), 0)],
      tcp: (socket) => asked(socket, (query) => socket.write(framed(good(query)))),
    })
    expect(await ask()).toMatchObject(found)
  })

  it('have to come to a new port each time', async () => {
    const { ask, hostile } = await against({ udp: (query) => [good(query)] }, { keep: { most: 0 } })
    for (let turn = 0; turn < 8; turn++) expect(await ask()).toMatchObject(found)
    expect(hostile.ports.size).toBeGreaterThan(4)
  })

  it('may hold anything', async () => {
    let octets = new Uint8Array()
    const { ask } = await against(
      {
        // The id and the question are right, what is behind them is not.
        udp: (query) => [Uint8Array.of(...changed(query, 2, 0x80), ...octets)],
        tcp: (socket) =>
          asked(socket, (query) => socket.write(framed(Uint8Array.of(...changed(query, 2, 0x80), ...octets)))),
      },
      { keep: { failure: 0, most: 0, mostNegative: 0 } },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 80 }), async (any) => {
        octets = new Uint8Array(any)
        expect(await ask()).toEqual(failed('malformed'))
      }),
      { numRuns: 50 },
    )
  })

  it('may be as long as datagrams can be', async () => {
    const { ask } = await against({ udp: (query) => [Uint8Array.of(...good(query), ...new Uint8Array(60_000))] })
    // Malformed by UDP, and nobody listens on TCP.
    expect(await ask()).toEqual(failed('timeout'))
  })
})

describe('a connection of a hostile server', () => {
  it.each<[string, (socket: Socket) => void, object]>([
    ['is refused at once', (socket) => socket.destroy(), failed('timeout')],
    ['ends without an answer', (socket) => asked(socket, () => socket.end()), failed('timeout')],
    [
      'ends in the middle of an answer',
      (socket) => asked(socket, (query) => socket.end(framed(good(query)).subarray(0, -1))),
      failed('timeout'),
    ],
    [
      'announces more than it sends',
      (socket) => asked(socket, (query) => socket.end(Uint8Array.of(0xff, 0xff, ...good(query)))),
      failed('timeout'),
    ],
    [
      'brings an empty message',
      (socket) => asked(socket, () => socket.write(Uint8Array.of(0, 0))),
      failed('malformed'),
    ],
    [
      'brings the answer to another query',
      (socket) => asked(socket, (query) => socket.write(framed(changed(wrong(query), 0, 1)))),
      failed('malformed'),
    ],
    [
      'brings what cannot be read',
      (socket) => asked(socket, (query) => socket.write(framed(Uint8Array.of(...good(query), 0)))),
      failed('malformed'),
    ],
    [
      'brings what did not fit again',
      (socket) => asked(socket, (query) => socket.write(framed(cut(query)))),
      failed('malformed'),
    ],
    [
      'brings 65535 octets of nothing',
      (socket) =>
        asked(socket, (query) =>
          socket.write(framed(Uint8Array.of(...good(query), ...new Uint8Array(65_535 - good(query).length)))),
        ),
      failed('malformed'),
    ],
    [
      'brings the answer octet by octet, and more behind it',
      (socket) =>
        asked(socket, async (query) => {
          socket.setNoDelay(true)
          for (const octet of Uint8Array.of(...framed(good(query)), ...framed(wrong(query)))) {
            socket.write(Uint8Array.of(octet))
            await new Promise(setImmediate)
          }
        }),
      found,
    ],
  ])('%s', async (_name, tcp, answer) => {
    const { ask } = await against({ udp: (query) => [cut(query)], tcp })
    expect(await ask()).toMatchObject(answer)
  })

  it('that is never made is over as soon as it is refused', async () => {
    const { ask } = await against({ udp: (query) => [cut(query)] })
    expect(await ask()).toEqual(failed('timeout'))
  })

  it('that is left hanging is over when the time is up', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    const { ask } = await against(
      {
        udp: (query) => [cut(query)],
        tcp: (socket) => {
          closed = once(socket, 'close')
          socket.resume()
        },
      },
      { tryTimeout: 100 },
    )
    expect(await ask()).toEqual(failed('timeout'))
    await closed
  })
})

describe('sockets', () => {
  it('are asked again, and another server too', async () => {
    const silent = await hostileServer({})
    const late = await hostileServer({ udp: (query, again) => (again === 0 ? [] : [good(query)]) })
    const resolver = await createNodeResolver({ servers: [silent.server, late.server], tryTimeout: 50 })
    toClose.push(
      () => resolver.close(),
      () => silent.close(),
      () => late.close(),
    )
    expect(await resolver.resolve('a.example', 'A')).toMatchObject(found)
    expect(late.queries).toBe(2)
  })

  it('tell when nobody listens', async () => {
    const gone = await hostileServer({})
    await gone.close()
    const { server } = gone
    const resolver = await createNodeResolver({ servers: [server], tryTimeout: 20_000 })
    expect(await resolver.resolve('a.example', 'A')).toEqual(failed('timeout'))
  })

  it('work with IPv6', async (context) => {
    const zone = createZone({ 'a.example': { A: ['192.0.2.1'], truncate: true } })
    const server = await serveZone(zone, { address: '::1' }).catch(() => undefined)
    if (server === undefined) return context.skip('no IPv6 on this machine')
    const resolver = await createNodeResolver({ servers: [server] })
    toClose.push(
      () => resolver.close(),
      () => server.close(),
    )
    expect(await resolver.resolve('a.example', 'A')).toMatchObject(found)
  })

  it('never look a name up by themselves', async () => {
    const requests: string[] = []
    const hook = createHook({ init: (_id, type) => void requests.push(type) }).enable()
    toClose.push(() => void hook.disable())
    const { ask } = await against({
      udp: (query) => [cut(query)],
      tcp: (socket) => asked(socket, (query) => socket.write(framed(good(query)))),
    })
    expect(await ask()).toMatchObject(found)
    expect(requests).toEqual(expect.arrayContaining(['UDPWRAP', 'TCPCONNECTWRAP']))
    expect(requests).not.toContain('GETADDRINFOREQWRAP')
  })

  it('are let go of when the resolver closes', async () => {
    const { server, close } = await hostileServer({})
    toClose.push(close)
    const resolver = await createNodeResolver({ servers: [server], tryTimeout: 20_000 })
    const answer = resolver.resolve('a.example', 'A')
    await new Promise(setImmediate)
    resolver.close()
    expect(await answer).toEqual(failed('timeout'))
  })
})

describe('a zone on a port', () => {
  const zone = createZone({ 'a.example': { A: ['192.0.2.1'] }, 'cut.example': { A: ['192.0.2.1'], truncate: true } })

  it('tells what it was asked', async () => {
    const seen: unknown[] = []
    const server = await serveZone(zone, { asked: (query) => void seen.push(query) })
    const resolver = await createNodeResolver({ servers: [server] })
    toClose.push(
      () => resolver.close(),
      () => server.close(),
    )
    expect(await resolver.resolve('CUT.example', 'A')).toMatchObject(found)
    expect(seen).toEqual(['udp', 'tcp'].map((protocol) => ({ protocol, name: 'cut.example', type: 'A' })))
  })

  it('answers late when it is to, and not when it was closed before', async () => {
    zone.set('late.example', { A: ['192.0.2.1'], delay: 20 })
    zone.set('never.example', { A: ['192.0.2.1'], delay: 100_000 })
    const server = await serveZone(zone)
    const resolver = await createNodeResolver({ servers: [server], tryTimeout: 20_000 })
    expect(await resolver.resolve('late.example', 'A')).toMatchObject(found)
    const never = resolver.resolve('never.example', 'A')
    await server.close()
    resolver.close()
    expect(await never).toEqual(failed('timeout'))
  })

  it('answers several queries of one connection, and outlives its end', async () => {
    const server = await serveZone(zone)
    toClose.push(() => server.close())
    const query = Uint8Array.from([
      0,
      7,
      1,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0x61,
      7,
      ...Buffer.from('example'),
      0,
      0,
      1,
      0,
      1,
    ])
    const socket = connect(server.port, server.address)
    const received: Buffer[] = []
    socket.on('data', (octets) => void received.push(octets))
    socket.write(Uint8Array.of(...framed(query), ...framed(Uint8Array.of(1, 2)), ...framed(query)))
    const whole = (): number => Buffer.concat(received).length
    const answer = 2 + query.length + 10 + 11 + 4
    while (whole() < 2 * answer) await once(socket, 'data')
    expect(whole()).toBe(2 * answer)
    socket.resetAndDestroy()
    const resolver = await createNodeResolver({ servers: [server] })
    expect(await resolver.resolve('a.example', 'A')).toMatchObject(found)
    resolver.close()
  })

  it('needs a port that is free, and an address', async () => {
    const server = await serveZone(zone)
    toClose.push(() => server.close())
    const taken = await serveZone(zone, { port: server.port }).catch((error: unknown) => error)
    expect(DnsError.is(taken, 'DNS_LISTEN') && taken.detail).toEqual({ address: '127.0.0.1', port: server.port })
    const named = await serveZone(zone, { address: 'localhost' }).catch((error: unknown) => error)
    expect(DnsError.is(named, 'DNS_OPTION') && named.detail.option).toBe('address')
    const odd = await serveZone(zone, { port: 65_536 }).catch((error: unknown) => error)
    expect(DnsError.is(odd, 'DNS_OPTION') && odd.detail.option).toBe('port')
  })
})
