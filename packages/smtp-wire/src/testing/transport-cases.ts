import type { Transport } from '../drive/transport.ts'
import { encodeUtf8 } from '../octets.ts'
import {
  check,
  pattern,
  readOctets,
  readToEnd,
  same,
  type TransportCase,
  TransportFailure,
  type TransportHooks,
  writeAll,
} from './transport-setup.ts'
import { tlsCases } from './transport-tls-cases.ts'

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

/** Writes until the transport asks to wait. */
function fill(transport: Transport): { readonly written: number; readonly waiting: Promise<void> } {
  const block = pattern(65_536, 1)
  for (let written = block.length; written <= MOST_OCTETS; written += block.length) {
    const waiting = transport.write(block)
    if (waiting !== undefined) return { written, waiting }
  }
  throw new TransportFailure(`${MOST_OCTETS} octets were taken that nobody reads`)
}

const MOST_OCTETS = 256 * 1024 * 1024
