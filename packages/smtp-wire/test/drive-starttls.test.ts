import { describe, expect, it } from 'vitest'
import type { TlsInfo } from '../src/drive.ts'
import { serve } from '../src/drive.ts'
import {
  content,
  createHandler,
  createHosts,
  createPeer,
  envelope,
  greeted,
  hello,
  opened,
  played,
  quit,
  scripted,
  startTls,
} from './drive-fixture.ts'

describe('STARTTLS, served', () => {
  const clear = hello.replace('PIPELINING', 'STARTTLS')

  it('secures the connection and starts the session anew', async () => {
    const secured: TlsInfo[] = []
    const handler = createHandler({ secured: (tls) => void secured.push(tls) })
    const hosts = createHosts(handler, { extensions: [startTls], tls: 'available' })
    const script = `${clear}C: STARTTLS\nS: 220 Go\n-- tls\nC: MAIL FROM:<a@client.test>\nS: 503 *\nC: EHLO client.test\nS: 250 mx.test\n`
    await played(hosts, `${script}${envelope}${content}S: 250 OK\n${quit}`)
    expect(secured.map(({ protocol }) => protocol)).toEqual(['TLSv1.3'])
    expect(handler.taken).toHaveLength(1)
  })

  it('with a command behind it in clear is refused, and the session ends', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { extensions: [startTls], tls: 'available' })
    await played(hosts, `${clear}C: STARTTLS\\r\\nMAIL FROM:<evil@client.test>\nS: 554 *\n-- closed`)
    expect([handler.begun, handler.faults]).toEqual([0, ['early-input']])
  })

  it('that fails ends the session', async () => {
    const logged: string[] = []
    const handler = createHandler()
    const hosts = createHosts(handler, {
      extensions: [startTls],
      tls: 'available',
      log: { info: (event) => void logged.push(event), warn: (event) => void logged.push(event) },
    })
    await played(hosts, `${clear}${envelope}C: STARTTLS\nS: 220 Go\nC: this is no handshake\n-- closed`)
    expect(logged).toEqual(['tls-handshake-failed'])
    expect([handler.outcomes, handler.closings]).toEqual([['reset'], 1])
  })

  it('is not offered on a connection that began with TLS', async () => {
    const handler = createHandler()
    const hosts = createPeer(async (transport, clock) => {
      await transport.startTls({ role: 'server' })
      await serve(transport, { hostname: 'mx.test', extensions: [startTls], handler, clock, tls: 'available' })
    })
    await played(
      hosts,
      `-- tls\nS: 220 mx.test\nC: EHLO client.test\nS: 250 mx.test\n${envelope}${content}S: 250 OK\n${quit}`,
    )
    expect(handler.taken).toHaveLength(1)
  })
})

describe('STARTTLS, asked for', () => {
  const offered = 'S: 220 mx.test\nC: EHLO *\nS: 250-mx.test\nS: 250 STARTTLS\n'
  const options = { role: 'client', serverName: 'mx.test', mustVerify: true } as const

  it('secures, says hello anew, and forgets what was offered', async () => {
    const script = `${offered}C: STARTTLS\nS: 220 go\n-- tls\nC: EHLO *\nS: 250-mx.test\nS: 250 SIZE 1000\n-- closed`
    const connection = opened(await scripted(script).open())
    expect(await connection.startTls(options)).toMatchObject({ kind: 'secured', tls: { verified: true } })
    expect([[...connection.offers.keys()], connection.tls?.protocol, connection.usable]).toEqual([
      ['SIZE'],
      'TLSv1.3',
      true,
    ])
    connection.close()
  })

  it('is not tried where it is not offered', async () => {
    const connection = opened(await scripted(`${greeted}-- closed`).open())
    expect(await connection.startTls(options)).toEqual({ kind: 'refused' })
    expect(connection.usable).toBe(true)
  })

  it('that is refused leaves the session in clear', async () => {
    const connection = opened(await scripted(`${offered}C: STARTTLS\nS: 454 4.7.0 no\n-- closed`).open())
    expect(await connection.startTls(options)).toEqual({
      kind: 'refused',
      reply: { code: 454, status: '4.7.0', text: ['no'] },
    })
    expect([connection.usable, connection.tls]).toEqual([true, undefined])
  })

  const lost: readonly (readonly [string, string, object, object?])[] = [
    ['421', 'S: 421 4.3.2 down', { loss: 'closed', reply: { code: 421, status: '4.3.2', text: ['down'] } }],
    ['a reply injected in clear', 'S: 220 go\\r\\n250 AUTH\n-- closed', { loss: 'input-before-tls' }],
    ['half a reply injected in clear', 'S: 220 go\\r\\n25\\\n-- closed', { loss: 'input-before-tls' }],
    ['no handshake', 'S: 220 go\n-- closed', { loss: 'timeout' }],
    [
      'text for a handshake',
      'S: 220 go\n-- wait 10\nS: what',
      { loss: 'handshake', because: 'ERR_SSL_WRONG_VERSION_NUMBER' },
    ],
    ['the end for a handshake', 'S: 220 go\n-- wait 10', { loss: 'handshake', because: 'ECONNRESET' }],
    [
      'a wrong name',
      'S: 220 go\n-- tls',
      { loss: 'handshake', because: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      { serverName: 'other.test' },
    ],
    [
      'no hello behind it',
      'S: 220 go\n-- tls\nC: EHLO *\nS: 450 no\n-- closed',
      { loss: 'closed', reply: { code: 450, text: ['no'] } },
    ],
    ['the end behind it', 'S: 220 go\n-- tls\nC: EHLO *', { loss: 'closed' }],
  ]
  for (const [name, script, expected, other] of lost)
    it(`with ${name} is lost`, async () => {
      const hosts = scripted(`${offered}C: STARTTLS\n${script}`)
      const connection = opened(await hosts.open())
      const securing = connection.startTls({ ...options, ...other })
      await hosts.clock.advance(300_000)
      expect(await securing).toMatchObject({ kind: 'lost', ...expected })
      expect([connection.usable, hosts.network.connections, hosts.clock.timers]).toEqual([false, 0, 0])
      // What was offered in clear is not left behind by a TLS that came to nothing.
      if (name.endsWith('behind it')) expect([...connection.offers]).toEqual([])
    })
})
