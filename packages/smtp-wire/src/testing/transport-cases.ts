import type { TlsInfo, TlsOptions, Transport } from '../drive/transport.ts'
import { concat, encodeUtf8 } from '../octets.ts'

/** What a case is run with: made anew for each. */
export interface TransportSetup {
  /** A fresh connection, both ends. Called once or more by a case; the runner cleans up. */
  connect(): Promise<TransportPair>
  /** Ends one side only, so that it can still read. For {@link TransportHooks.halfClose}. */
  end?(transport: Transport): void
  /** Name that the server's certificate is valid for, as the client sees it. For {@link TransportHooks.tls}. */
  readonly serverName?: string
}

/** Both ends of a connection. */
export interface TransportPair {
  readonly client: Transport
  readonly server: Transport
}

/** What the runner can do beyond connecting; each turns on the cases that need it. */
export interface TransportHooks {
  /** The setup has `end`. */
  readonly halfClose?: boolean
  /** The setup has `serverName`, and its transports can be secured. */
  readonly tls?: boolean
}

/** One obligation of {@link Transport}. `run` rejects with a {@link TransportFailure} when it is broken. */
export interface TransportCase {
  readonly name: string
  run(setup: TransportSetup): Promise<void>
}

/** A transport broke the contract. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure'
}

/**
 * The obligations of a {@link Transport} as cases to run with any test runner:
 *
 * ```ts
 * for (const one of transportCases({ tls: true })) it(one.name, () => one.run({ connect, serverName: 'mx.test' }))
 * ```
 */
export function transportCases(hooks: TransportHooks = {}): readonly TransportCase[] {
  return [...plainCases, ...(hooks.halfClose === true ? halfCloseCases : []), ...(hooks.tls === true ? tlsCases : [])]
}

const plainCases: readonly TransportCase[] = [
  {
    name: 'octets arrive whole, in order and unchanged, both ways at once',
    async run(setup) {
      const { client, server } = await setup.connect()
      const [up, down] = [pattern(300_000, 7), pattern(200_000, 11)]
      const sent = Promise.all([writeAll(client, up), writeAll(server, down)])
      const [atServer, atClient] = await Promise.all([readOctets(server, up.length), readOctets(client, down.length)])
      await sent
      same(atServer, up, 'what the server read')
      same(atClient, down, 'what the client read')
    },
  },
  {
    name: 'both ends see the same addresses and ports',
    async run(setup) {
      const { client, server } = await setup.connect()
      const [c, s] = [client.peer, server.peer]
      check(c.address === s.localAddress && c.port === s.localPort, 'the client sees another server')
      check(s.address === c.localAddress && s.port === c.localPort, 'the server sees another client')
      check(client.tls === undefined && server.tls === undefined, 'TLS before startTls')
    },
  },
  {
    name: 'a written buffer is the caller’s again at once, or when the promise settles',
    async run(setup) {
      const { client, server } = await setup.connect()
      const buffer = new Uint8Array(1000)
      const write = async (turn: number): Promise<void> => {
        buffer.fill(turn)
        await client.write(buffer)
        buffer.fill(0xff)
      }
      // First to a server that does not read yet, then to one that does.
      await write(0)
      const received = readOctets(server, 64 * 1000)
      for (let turn = 1; turn < 64; turn++) await write(turn)
      const octets = await received
      for (let at = 0; at < octets.length; at++) check(octets[at] === Math.floor(at / 1000), `octet ${at} changed`)
    },
  },
  {
    name: 'a buffer that was read does not change before the next read',
    async run(setup) {
      const { client, server } = await setup.connect()
      await client.write(encodeUtf8('first'))
      const first = await server.read()
      const copy = first?.slice()
      await client.write(encodeUtf8('other'))
      await server.write(encodeUtf8('x'))
      await readOctets(client, 1)
      check(first !== undefined && copy !== undefined && first.length > 0, 'nothing was read')
      same(first, copy, 'the buffer')
    },
  },
  {
    name: 'what was written before close arrives, and then the end, again and again',
    async run(setup) {
      const { client, server } = await setup.connect()
      const octets = pattern(100_000, 3)
      const received = readToEnd(server)
      void client.write(octets)
      client.close()
      same(await received, octets, 'what arrived')
      check((await server.read()) === undefined, 'a read behind the end is the end again')
    },
  },
  {
    name: 'close ends this side’s pending read, and is harmless twice',
    async run(setup) {
      const { client } = await setup.connect()
      const pending = client.read()
      client.close()
      client.close()
      check((await pending) === undefined, 'the pending read yielded something')
      check(client.write(encodeUtf8('late')) === undefined, 'a write behind close has to do nothing')
      check((await client.read()) === undefined, 'a read behind close yielded something')
    },
  },
  {
    name: 'destroy ends pending reads on both ends, and is harmless twice and after close',
    async run(setup) {
      const { client, server } = await setup.connect()
      const pending = [client.read(), server.read()]
      client.close()
      client.destroy()
      client.destroy()
      for (const read of await Promise.all(pending)) check(read === undefined, 'a read yielded something')
      check(client.write(encodeUtf8('late')) === undefined, 'a write behind destroy has to do nothing')
    },
  },
  {
    name: 'a peer that does not read makes the writer wait, and reading lets it go on',
    async run(setup) {
      const { client, server } = await setup.connect()
      const { written, waiting } = fill(client)
      const received = readOctets(server, written)
      await waiting
      check((await received).length === written, 'octets are missing')
    },
  },
  {
    name: 'a waiting write settles when either end is destroyed',
    async run(setup) {
      for (const cut of ['client', 'server'] as const) {
        const pair = await setup.connect()
        const { waiting } = fill(pair.client)
        pair[cut].destroy()
        await waiting
      }
    },
  },
  {
    name: 'writing to a peer that is gone does not fail',
    async run(setup) {
      const { client, server } = await setup.connect()
      server.destroy()
      for (let turn = 0; turn < 20; turn++) await client.write(pattern(1000, 5))
      check((await readToEnd(client)).length === 0, 'something was read')
      await client.write(encodeUtf8('more'))
    },
  },
]

const halfCloseCases: readonly TransportCase[] = [
  {
    name: 'a peer that ended its side can still be answered',
    async run(setup) {
      const { client, server } = await setup.connect()
      await client.write(encodeUtf8('QUIT\r\n'))
      setup.end?.(client)
      same(await readToEnd(server), encodeUtf8('QUIT\r\n'), 'what the server read')
      const answer = pattern(100_000, 9)
      const received = readToEnd(client)
      await writeAll(server, answer)
      server.close()
      same(await received, answer, 'the answer')
    },
  },
]

const tlsCases: readonly TransportCase[] = [
  {
    name: 'startTls secures both ends and tells what it came to',
    async run(setup) {
      const { client, server } = await setup.connect()
      const [mine, theirs] = await secure(setup, { client, server })
      check(mine.verified && mine.because === undefined, 'the certificate was not verified')
      check(mine.protocol.startsWith('TLSv1.') && mine.cipher !== '', 'no protocol or cipher')
      check(theirs.serverName === setup.serverName, 'the server did not hear the name')
      check(client.tls?.protocol === mine.protocol && server.tls !== undefined, 'no tls on the transport')
      const octets = pattern(200_000, 13)
      const received = readToEnd(server)
      await writeAll(client, octets)
      client.close()
      same(await received, octets, 'what arrived under TLS')
    },
  },
  {
    name: 'a certificate for another name is told, and fails the handshake where it must not be',
    async run(setup) {
      const [lax] = await secure(setup, await setup.connect(), { serverName: 'other.invalid' })
      check(!lax.verified && lax.because !== undefined, 'the wrong name was taken for the right one')
      const pair = await setup.connect()
      const strict = secure(setup, pair, { serverName: 'other.invalid', mustVerify: true })
      check(await rejects(strict), 'the handshake succeeded with a wrong name')
      pair.client.close()
      check((await pair.server.read()) === undefined, 'the server read something')
    },
  },
  {
    name: 'nothing sent in clear is read under TLS',
    async run(setup) {
      const { client, server } = await setup.connect()
      await server.write(encodeUtf8('250 injected\r\n'))
      const failed = await rejects(secure(setup, { client, server }))
      if (failed) return
      await server.write(encodeUtf8('secret'))
      same(await readOctets(client, 6), encodeUtf8('secret'), 'what the client read')
    },
  },
  {
    name: 'a handshake with a peer that leaves or talks in clear rejects, and so does one that is cut here',
    async run(setup) {
      const left = await setup.connect()
      const alone = rejects(left.client.startTls({ role: 'client' }))
      left.server.close()
      check(await alone, 'a handshake with nobody succeeded')
      left.client.close()
      const talking = await setup.connect()
      const confused = rejects(talking.client.startTls({ role: 'client' }))
      await talking.server.write(encodeUtf8('220 this is not a handshake\r\n'))
      check(await confused, 'a handshake with plain text succeeded')
      talking.client.close()
      const cut = await setup.connect()
      const given = rejects(cut.client.startTls({ role: 'client' }))
      cut.client.destroy()
      check(await given, 'a handshake on a destroyed transport succeeded')
    },
  },
]

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TransportFailure(message)
}

function same(octets: Uint8Array, expected: Uint8Array, what: string): void {
  check(octets.length === expected.length, `${what}: ${octets.length} octets for ${expected.length}`)
  for (let at = 0; at < expected.length; at++) check(octets[at] === expected[at], `${what}: octet ${at} differs`)
}

function pattern(length: number, step: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * step + (at >> 8)) & 0xff)
}

async function writeAll(transport: Transport, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length; at += 10_000) await transport.write(octets.subarray(at, at + 10_000))
}

/** Writes until the transport asks to wait. */
function fill(transport: Transport): { readonly written: number; readonly waiting: Promise<void> } {
  const block = pattern(65_536, 1)
  for (let written = block.length; written <= MOST_OCTETS; written += block.length) {
    const waiting = transport.write(block)
    if (waiting !== undefined) return { written, waiting }
  }
  throw new TransportFailure(`${MOST_OCTETS} octets were taken that nobody reads`)
}

async function readOctets(transport: Transport, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let read = 0; read < count; ) {
    const octets = await transport.read()
    if (octets === undefined) throw new TransportFailure(`the end after ${read} of ${count} octets`)
    check(octets.length > 0, 'a read yielded nothing')
    parts.push(octets.slice())
    read += octets.length
  }
  return concat(parts)
}

async function readToEnd(transport: Transport): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let octets = await transport.read(); octets !== undefined; octets = await transport.read())
    parts.push(octets.slice())
  return concat(parts)
}

function secure(
  setup: TransportSetup,
  { client, server }: TransportPair,
  options: Partial<TlsOptions> = {},
): Promise<[TlsInfo, TlsInfo]> {
  const { serverName = 'mx.test' } = setup
  return Promise.all([client.startTls({ role: 'client', serverName, ...options }), server.startTls({ role: 'server' })])
}

async function rejects(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  )
}

const MOST_OCTETS = 256 * 1024 * 1024
