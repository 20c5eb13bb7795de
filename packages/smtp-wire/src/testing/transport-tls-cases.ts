import type { TlsInfo, TlsOptions } from '../drive/transport.ts'
import { encodeUtf8 } from '../octets.ts'
import {
  check,
  pattern,
  readOctets,
  readToEnd,
  same,
  type TransportCase,
  type TransportPair,
  type TransportSetup,
  writeAll,
} from './transport-setup.ts'

/** What TLS has to be. */
export const tlsCases: readonly TransportCase[] = [
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
