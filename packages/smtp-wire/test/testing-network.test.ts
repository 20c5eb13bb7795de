import { describe, expect, it } from 'vitest'
import type { TlsOptions, Transport } from '../src/drive.ts'
import {
  type Certificate,
  createManualClock,
  createNetwork,
  type Faults,
  type ManualClock,
  type Network,
  playScript,
  record,
  settled,
} from '../src/testing.ts'

const target = { address: '192.0.2.25', port: 25 }

interface World {
  readonly clock: ManualClock
  readonly network: Network
  readonly stop: () => void
  readonly dial: (localAddress?: string, signal?: AbortSignal) => Promise<Transport>
  /** The server's ends, in order. */
  readonly accepted: readonly Transport[]
}

/** A network with one listener. */
function createWorld(faults?: Faults, certificate?: Certificate): World {
  const clock = createManualClock()
  const network = createNetwork({ clock })
  const accepted: Transport[] = []
  const stop = network.listen(target.address, target.port, (transport) => void accepted.push(transport), {
    ...(certificate !== undefined && { certificate }),
  })
  network.disturb(target.address, faults)
  const dialer = network.dialer('192.0.2.1')
  return {
    clock,
    network,
    stop,
    accepted,
    dial: (localAddress, signal) =>
      dialer.dial(target, {
        timeout: 30_000,
        ...(localAddress !== undefined && { localAddress }),
        ...(signal !== undefined && { signal }),
      }),
  }
}

async function connected(world: World): Promise<readonly [Transport, Transport]> {
  const client = await world.dial()
  const server = world.accepted.at(-1)
  if (server === undefined) throw new Error('nobody accepted')
  return [client, server]
}

const octets = (text: string): Uint8Array => Buffer.from(text)
const read = async (transport: Transport): Promise<string | undefined> => {
  const got = await transport.read()
  return got === undefined ? undefined : Buffer.from(got).toString()
}

describe('dialling', () => {
  it('reaches who listens, with addresses on both sides', async () => {
    const world = createWorld()
    const [client, server] = await connected(world)
    expect(server.peer).toEqual({ address: '192.0.2.1', port: 49_152, localAddress: '192.0.2.25', localPort: 25 })
    expect(client.peer).toEqual({ address: '192.0.2.25', port: 25, localAddress: '192.0.2.1', localPort: 49_152 })
    const other = await world.dial('192.0.2.2')
    expect([other.peer.localAddress, other.peer.localPort]).toEqual(['192.0.2.2', 49_153])
    expect(world.network.connections).toBe(2)
    client.close()
    expect(world.network.connections).toBe(1)
  })

  it('is refused where nobody listens, or nobody any more', async () => {
    const world = createWorld()
    const { dial } = world.network.dialer('192.0.2.1')
    await expect(dial({ address: '192.0.2.26', port: 25 }, { timeout: 1 })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
    expect(() => world.network.listen(target.address, target.port, () => undefined)).toThrow('listens there already')
    world.stop()
    await expect(world.dial()).rejects.toMatchObject({ name: 'DialError', code: 'ECONNREFUSED' })
  })

  it('can be refused, or lead nowhere', async () => {
    await expect(createWorld({ dial: 'refuse' }).dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const world = createWorld({ dial: 'blackhole' })
    const code = world.dial().catch((error: { code: string }) => error.code)
    let over = false
    void code.then(() => {
      over = true
    })
    await world.clock.advance(29_999)
    expect(over).toBe(false)
    await world.clock.advance(1)
    expect(await code).toBe('ETIMEDOUT')
    world.network.disturb(target.address, undefined)
    expect(await world.dial()).toBeDefined()
  })

  it('can be given up until there is a connection', async () => {
    for (const faults of [{ dial: 'blackhole' }, { delay: 100 }] as const) {
      const world = createWorld(faults)
      const controller = new AbortController()
      const dialling = world.dial(undefined, controller.signal)
      expect(world.clock.timers).toBe(1)
      controller.abort()
      await expect(dialling).rejects.toMatchObject({ name: 'DialError', code: 'ECANCELED' })
      expect([world.clock.timers, world.accepted.length]).toEqual([0, 0])
      await expect(world.dial(undefined, controller.signal)).rejects.toMatchObject({ code: 'ECANCELED' })
    }
    const world = createWorld({ delay: 100 })
    const controller = new AbortController()
    const dialling = world.dial(undefined, controller.signal)
    await world.clock.advance(100)
    await dialling
    controller.abort()
    expect(world.network.connections).toBe(1)
  })
})

describe('a connection', () => {
  it('delays octets and the end', async () => {
    const world = createWorld({ delay: 100 })
    const dialling = connected(world)
    await world.clock.advance(100)
    const [client, server] = await dialling
    void client.write(octets('hello'))
    client.close()
    const events: (string | undefined)[] = []
    void read(server).then((got) => events.push(got))
    await world.clock.advance(99)
    expect(events).toEqual([])
    await world.clock.advance(1)
    expect([events, await read(server)]).toEqual([['hello'], undefined])
  })

  it('is read in pieces', async () => {
    const [client, server] = await connected(createWorld({ piece: 2 }))
    void client.write(octets('hello'))
    expect([await read(server), await read(server), await read(server)]).toEqual(['he', 'll', 'o'])
  })

  it('cut in one direction ends both behind what has passed', async () => {
    const world = createWorld({ toServer: { after: 3, how: 'cut' } })
    const [client, server] = await connected(world)
    void server.write(octets('220 hi'))
    void client.write(octets('hello'))
    void server.write(octets('late'))
    expect([await read(server), await read(server)]).toEqual(['hel', undefined])
    expect([await read(client), await read(client)]).toEqual(['220 hi', undefined])
    expect(world.network.connections).toBe(0)
  })

  it('cut after nothing is over at once', async () => {
    const [client, server] = await connected(createWorld({ toClient: { after: 0, how: 'cut' } }))
    expect([await read(client), await read(server)]).toEqual([undefined, undefined])
  })

  it('that stalls tells nobody, and fills up', async () => {
    const world = createWorld({ toServer: { after: 3, how: 'stall' }, room: 4 })
    const [client, server] = await connected(world)
    expect(client.write(octets('hello'))).toBeInstanceOf(Promise)
    expect(await read(server)).toBe('hel')
    const states: string[] = []
    void server.read().then(() => states.push('read'))
    void client.write(octets('again'))?.then(() => states.push('room'))
    client.close()
    await settled()
    expect(states).toEqual(['room'])
    server.destroy()
    await settled()
    expect(states).toEqual(['room', 'read'])
  })

  it('goes when a host of it goes', async () => {
    const world = createWorld()
    const [client, server] = await connected(world)
    const bystander = await world.dial('192.0.2.3')
    world.network.cut('192.0.2.1')
    expect([await read(client), await read(server)]).toEqual([undefined, undefined])
    expect(world.network.connections).toBe(1)
    bystander.destroy()
  })

  it('has one reader at a time', async () => {
    const [client] = await connected(createWorld())
    void client.read()
    expect(() => client.read()).toThrow('two reads')
    client.destroy()
  })
})

describe('TLS', () => {
  const shake = async (certificate: Certificate | undefined, options: Omit<TlsOptions, 'role'>): Promise<unknown> => {
    const [client, server] = await connected(createWorld(undefined, certificate))
    const ends = await Promise.allSettled([
      client.startTls({ role: 'client', ...options }),
      server.startTls({ role: 'server' }),
    ])
    const [mine, theirs] = ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.code))
    if (typeof mine === 'string') expect(theirs).toBe(mine)
    return typeof mine === 'string' ? mine : (mine.because ?? mine.verified)
  }
  const named = { names: ['mx.test', '*.mx.test'], trusted: true }

  it('verifies by name and root, and insists where told to', async () => {
    expect(await shake(named, { serverName: 'MX.test' })).toBe(true)
    expect(await shake(named, { serverName: 'a.mx.test', mustVerify: true })).toBe(true)
    for (const serverName of ['a.b.mx.test', '.mx.test', 'other.test', undefined]) {
      const name = serverName === undefined ? {} : { serverName }
      expect(await shake(named, name)).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
      expect(await shake(named, { ...name, mustVerify: true })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    }
    expect(await shake({ ...named, trusted: false }, { serverName: 'mx.test' })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(await shake(undefined, { serverName: 'mx.test' })).toBe('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')
  })

  it('needs both ends, each in its role', async () => {
    const codes = (ends: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
      Promise.all(ends.map((end) => end.catch((error: { code: string }) => error.code)))
    const [client, server] = await connected(createWorld(undefined, named))
    expect(await codes([client.startTls({ role: 'client' }), server.startTls({ role: 'client' })])).toEqual([
      'ERR_SSL_UNEXPECTED_MESSAGE',
      'ERR_SSL_UNEXPECTED_MESSAGE',
    ])
    const alone = codes([client.startTls({ role: 'client' })])
    server.destroy()
    expect(await alone).toEqual(['ECONNRESET'])
    expect(await codes([client.startTls({ role: 'client' })])).toEqual(['ECONNRESET'])
  })
})

describe('a script', () => {
  it('plays both sides against each other', async () => {
    const [client, server] = await connected(createWorld(undefined, { names: [], trusted: true }))
    const script = `
      # octets that are no text, and a line in two parts
      S: 220 mx\\x2e\\
      S: test
      C: EHLO *.test
      S: 250 ok\\0
      -- tls
      C: MAIL FROM:<a@b>
      S: 354 go
      C: ...`
    const [served, sent] = await Promise.all([
      playScript(server, script),
      playScript(
        client,
        `${script.replace('220 mx\\x2e\\\n      S: test', '220 mx.test').replace('EHLO *', 'EHLO a').replace('ok\\0', 'ok\\x00').replace('C: ...', 'C: .dot\nC: .')}`,
        {
          role: 'client',
        },
      ),
    ])
    expect(served).toEqual({
      lines: ['EHLO a.test', 'MAIL FROM:<a@b>'],
      contents: [new Uint8Array(octets('.dot\r\n'))],
    })
    expect(sent).toEqual({ lines: ['220 mx.test', '250 ok\\x00', '354 go'], contents: [] })
  })

  it('tells where it broke off, and closes', async () => {
    const [client, server] = await connected(createWorld())
    const playing = playScript(server, 'C: EHLO *\nC: QUIT')
    await client.write(octets('EHLO a\r\nMAIL\r\n'))
    expect((await playing).failure).toBe('expected QUIT, got MAIL')
    expect(await read(client)).toBeUndefined()
  })

  it('tells of a peer that ended', async () => {
    for (const step of ['C: QUIT', 'C: ...']) {
      const [client, server] = await connected(createWorld())
      client.close()
      expect((await playScript(server, step)).failure).toMatch(/and the peer ended$/)
    }
  })

  it('that cannot be read is the author’s fault', async () => {
    const [, server] = await connected(createWorld())
    await expect(playScript(server, 'EHLO')).rejects.toThrow('not a line')
    await expect(playScript(server, '-- dance')).rejects.toThrow('not a direction')
  })
})

describe('a recording', () => {
  it('holds what passed, in order, and whether under TLS', async () => {
    const [client, server] = await connected(createWorld(undefined, { names: ['mx.test'], trusted: true }))
    const { transport, passed } = record(client)
    const playing = playScript(server, 'S: 220 hi\nC: STARTTLS\n-- tls\nS: 250 ok')
    await transport.read()
    await transport.write(octets('STARTTLS\r\n'))
    await transport.startTls({ role: 'client' })
    await transport.read()
    await playing
    transport.close()
    expect(passed.map(({ way, octets, secured }) => [way, Buffer.from(octets).toString(), secured])).toEqual([
      ['in', '220 hi\r\n', false],
      ['out', 'STARTTLS\r\n', false],
      ['in', '250 ok\r\n', true],
    ])
    expect(transport.peer).toBe(client.peer)
  })
})
