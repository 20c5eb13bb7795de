import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { connect, type Server } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DnsError } from '../src/index.ts'
import { framed } from '../src/node/frame.ts'
import { createNodeResolver, nodeTransport, serveZone } from '../src/node.ts'
import { createZone } from '../src/testing.ts'
import { against, asked, cut, found, good, hostileServer } from './hostile.ts'
import { failed } from './rig.ts'
import { hex } from './vectors.ts'

describe('sockets', () => {
  it('are asked again, and another server too', async () => {
    const silent = await hostileServer({})
    const late = await hostileServer({ udp: (query, again) => (again === 0 ? [] : [good(query)]) })
    const resolver = await createNodeResolver({ servers: [silent.server, late.server], tryTimeout: 50 })
    onTestFinished(() => resolver.close())
    onTestFinished(() => silent.close())
    onTestFinished(() => late.close())
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
    onTestFinished(() => resolver.close())
    onTestFinished(() => server.close())
    expect(await resolver.resolve('a.example', 'A')).toMatchObject(found)
  })

  it('never look a name up by themselves', async () => {
    const requests: string[] = []
    const hook = createHook({ init: (_id, type) => void requests.push(type) }).enable()
    onTestFinished(() => void hook.disable())
    const { ask } = await against({
      udp: (query) => [cut(query)],
      tcp: (socket) => asked(socket, (query) => socket.write(framed(good(query)))),
    })
    expect(await ask()).toMatchObject(found)
    expect(requests).toEqual(expect.arrayContaining(['UDPWRAP', 'TCPCONNECTWRAP']))
    expect(requests).not.toContain('GETADDRINFOREQWRAP')
  })

  it('tell nothing once they were called off', async () => {
    const hung = Promise.withResolvers<unknown>()
    const { hostile } = await against({ tcp: (socket) => void socket.resume().on('close', hung.resolve) })
    const told: string[] = []
    const receiver = { message: () => void told.push('message'), failed: () => void told.push('failed') }
    const server = { ...hostile.server, trusted: true }
    nodeTransport.udp(new Uint8Array(12), server, receiver)()
    const connected = once(hostile.tcp as Server, 'connection')
    const cancel = nodeTransport.tcp(new Uint8Array(12), server, receiver)
    await connected
    cancel()
    await hung.promise
    await new Promise(setImmediate)
    expect(told).toEqual([])
  })

  it('are let go of when the resolver closes', async () => {
    const { server, close } = await hostileServer({})
    onTestFinished(close)
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
    onTestFinished(() => resolver.close())
    onTestFinished(() => server.close())
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
    onTestFinished(() => server.close())
    const query = hex('0007 0100 0001 0000 0000 0000 0161 07 6578616d706c65 00 0001 0001')
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

  it('cuts off a client that asks and does not read', async () => {
    const big = createZone({ a: { TXT: ['x'.repeat(60_000)] } })
    const server = await serveZone(big)
    onTestFinished(() => server.close())
    const query = framed(hex('0007 0100 0001 0000 0000 0000 0161 00 0010 0001'))
    const socket = connect(server.port, server.address).on('error', () => undefined)
    socket.pause()
    for (let count = 0; count < 400; count++) socket.write(query)
    await new Promise((flushed) => socket.write(query, flushed))
    let received = 0
    socket.on('data', (octets) => {
      received += octets.length
    })
    socket.resume()
    await once(socket, 'close')
    expect(received).toBeLessThan(400 * 60_000)
  })

  it('needs a port that is free, and an address', async () => {
    const server = await serveZone(zone)
    onTestFinished(() => server.close())
    const taken = await serveZone(zone, { port: server.port }).catch((error: unknown) => error)
    expect(DnsError.is(taken, 'DNS_LISTEN') && taken.detail).toEqual({ address: '127.0.0.1', port: server.port })
    const named = await serveZone(zone, { address: 'localhost' }).catch((error: unknown) => error)
    expect(DnsError.is(named, 'DNS_OPTION') && named.detail.option).toBe('address')
    const odd = await serveZone(zone, { port: 65_536 }).catch((error: unknown) => error)
    expect(DnsError.is(odd, 'DNS_OPTION') && odd.detail.option).toBe('port')
  })
})
