import { describe, expect, it } from 'vitest'
import type { ClientConnection, Opening, Outgoing, TransactionReport } from '../src/drive.ts'
import { WireError } from '../src/error.ts'
import { playScript, type ScriptReport, settled } from '../src/testing.ts'
import { recipients, sender } from './client-fixture.ts'
import { createHandler, createHosts, createPeer, type Hosts } from './drive-fixture.ts'

const hello = 'S: 220 mx.test\nC: EHLO *\nS: 250-mx.test\nS: 250 PIPELINING\n'
const group = 'C: MAIL *\nC: RCPT *\nC: DATA\nS: 250 OK\nS: 250 OK\nS: 354 go\n'
const text = Buffer.from('Subject: t\r\n\r\ntext\r\n')

/** A server that follows a script; what came of it. */
function scripted(script: string, faults = {}): Hosts & { readonly report: () => Promise<ScriptReport> } {
  const reports: Promise<ScriptReport>[] = []
  const hosts = createPeer((transport, clock) => void reports.push(playScript(transport, script, { clock })), faults)
  return { ...hosts, report: () => reports[0] ?? Promise.reject(new Error('nobody dialled')) }
}

function opened(opening: Opening): ClientConnection {
  if (opening.kind !== 'open') throw new Error(`not open: ${JSON.stringify(opening)}`)
  return opening.connection
}

const message = (rest: Partial<Outgoing> = {}): Outgoing => ({
  reversePath: sender,
  recipients: recipients(1),
  content: text,
  ...rest,
})

/** What became of the one recipient. */
const result = (report: TransactionReport): string => {
  const [one] = report.recipients
  switch (one?.kind) {
    case 'accepted':
    case 'vetoed':
      return `${one.kind} ${one.reply.code}`
    case 'refused':
      return `refused ${one.reply.code} ${one.phase}`
    case 'lost':
      return `lost ${one.loss} ${one.phase}`
    default:
      return `unknown ${one?.loss}`
  }
}

describe('connect', () => {
  it('opens a session, sends, sends again, and quits', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler)
    const connection = opened(await hosts.open())
    expect([connection.greeting.text, [...connection.offers.keys()], connection.usable, connection.tls]).toEqual([
      ['mx.test'],
      ['PIPELINING'],
      true,
      undefined,
    ])
    const report = await connection.send(message({ recipients: recipients(3) }))
    expect(report).toEqual({
      usable: true,
      recipients: Array(3).fill({ kind: 'accepted', reply: { code: 250, text: ['OK'] } }),
    })
    expect(result(await connection.send(message()))).toBe('accepted 250')
    expect(await connection.probe()).toBe(true)
    expect(await connection.command('VRFY', 'somebody')).toMatchObject({ code: 252 })
    await connection.quit()
    expect(connection.usable).toBe(false)
    await hosts.served()
    expect(handler.taken.map(({ to, content }) => [to.length, content.toString()])).toEqual([
      [3, text.toString()],
      [1, text.toString()],
    ])
    expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
  })

  it('tells a refusal, and says QUIT', async () => {
    const hosts = scripted('S: 554 5.7.1 not you\nC: QUIT\n-- closed')
    expect(await hosts.open()).toEqual({
      kind: 'refused',
      phase: 'greeting',
      reply: { code: 554, status: '5.7.1', text: ['not you'] },
    })
    expect(await hosts.report()).not.toHaveProperty('failure')
    expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
  })

  it('tells when there is no greeting: the end, silence, the signal', async () => {
    expect(await scripted('').open()).toEqual({ kind: 'lost', loss: 'closed', phase: 'greeting' })
    const silent = scripted('-- closed')
    const opening = silent.open()
    await silent.clock.advance(300_000)
    expect(await opening).toEqual({ kind: 'lost', loss: 'timeout', phase: 'greeting' })
    expect([silent.network.connections, silent.clock.timers]).toEqual([0, 0])
    for (const when of ['before', 'during']) {
      const abort = new AbortController()
      if (when === 'before') abort.abort()
      const stopped = scripted('-- closed').open({ signal: abort.signal })
      await settled()
      abort.abort()
      expect(await stopped).toEqual({ kind: 'lost', loss: 'given-up', phase: 'greeting' })
    }
  })

  it('rejects for a host name that no server could be told', async () => {
    await expect(scripted('').open({ hostname: 'a b' })).rejects.toSatisfy((error) =>
      WireError.is(error, 'UNSAFE_TEXT'),
    )
  })

  it('rejects for an envelope that must not be sent, and goes on', async () => {
    const handler = createHandler()
    const connection = opened(await createHosts(handler).open())
    const unsafe = connection.send(message({ parameters: [['BODY', 'a b']] }))
    await expect(unsafe).rejects.toSatisfy((error) => WireError.is(error, 'UNSAFE_TEXT'))
    expect(result(await connection.send(message()))).toBe('accepted 250')
  })

  it('does one thing at a time', async () => {
    const connection = opened(await scripted(`${hello}${group}C: ...\n-- wait 1000`).open())
    const sending = connection.send(message())
    for (const second of [() => connection.send(message()), () => connection.probe(), () => connection.quit()])
      await expect(second()).rejects.toSatisfy((error) => WireError.is(error, 'SESSION_MISUSE'))
    await settled()
    connection.close()
    expect(result(await sending)).toBe('unknown given-up')
  })

  it('sees between two transactions that the server has gone', async () => {
    for (const [last, loss] of [
      ['', 'lost closed end'],
      ['S: 421 4.4.2 idle\n', 'lost closed end'],
      ['S: 250 what\n', 'lost unsolicited end'],
    ]) {
      const hosts = scripted(`${hello}${group}C: ...\nS: 250 OK\n-- wait 1000\n${last}`)
      const connection = opened(await hosts.open())
      expect((await connection.send(message())).usable).toBe(true)
      await hosts.clock.advance(1000)
      expect(connection.usable).toBe(false)
      expect(await connection.probe()).toBe(false)
      expect(await connection.command('NOOP', '')).toBeUndefined()
      const report = await connection.send(message())
      expect([result(report), report.usable]).toEqual([loss, false])
      await connection.quit()
      expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
    }
  })

  it('waits for the reply to QUIT only for a short time', async () => {
    const hosts = scripted(`${hello}C: QUIT\n-- closed`)
    const connection = opened(await hosts.open())
    const quitting = connection.quit()
    await hosts.clock.advance(5000)
    await quitting
    expect(hosts.network.connections).toBe(0)
  })
})

describe('content', () => {
  /** So many chunks, asked for one by one. */
  async function* chunks(count: number, size: number, asked: { count: number }): AsyncGenerator<Uint8Array> {
    const line = Buffer.from(`${'x'.repeat(size - 2)}\r\n`)
    for (let sent = 0; sent < count; sent++) {
      asked.count += 1
      yield line
    }
  }

  it('streams, at the pace of the server', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { faults: { room: 1000, piece: 333, delay: 5 } })
    const opening = hosts.open()
    await hosts.clock.advance(1000)
    const connection = opened(await opening)
    const asked = { count: 0 }
    const sending = connection.send(message({ content: chunks(500, 200, asked) }))
    await hosts.clock.advance(40)
    expect(asked.count).toBeLessThan(60)
    await hosts.clock.advance(20_000)
    expect(result(await sending)).toBe('accepted 250')
    expect([asked.count, handler.taken[0]?.content.length]).toEqual([500, 100_000])
  })

  it('of several pieces in one buffer arrives whole', async () => {
    const handler = createHandler()
    const connection = opened(await createHosts(handler).open())
    const content = Buffer.from('.line\r\n'.repeat(30_000))
    expect(result(await connection.send(message({ content })))).toBe('accepted 250')
    expect(handler.taken[0]?.content.equals(content)).toBe(true)
  })

  it('stops when the server refuses early, and the source is let go', async () => {
    for (const [reply, expected] of [
      ['552 5.3.4 too big', 'refused 552 content'],
      ['421 4.3.2 going down', 'lost closed content'],
      ['250 thanks', 'lost unsolicited content'],
    ]) {
      const hosts = scripted(`${hello}${group}C: xxx*\nS: ${reply}\n-- closed`, { room: 2000 })
      const connection = opened(await hosts.open())
      const asked = { count: 0 }
      let released = false
      const endless = (async function* () {
        try {
          yield* chunks(Number.POSITIVE_INFINITY, 100, asked)
        } finally {
          released = true
        }
      })()
      const report = await connection.send(message({ content: endless }))
      expect([result(report), report.usable, report.error]).toEqual([expected, false, undefined])
      expect(asked.count).toBeLessThan(100)
      await settled()
      expect(released).toBe(true)
      expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
    }
  })

  it('that hangs is given three minutes, and does not hold the report', async () => {
    const hosts = scripted(`${hello}${group}-- closed`)
    const connection = opened(await hosts.open())
    const hanging: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }
    const sending = connection.send(message({ content: hanging }))
    await hosts.clock.advance(180_000)
    expect(result(await sending)).toBe('lost timeout content')
  })

  it('that cannot be read is cut before the final dot', async () => {
    const failure = new Error('disk')
    const failing = (async function* () {
      yield text
      throw failure
    })()
    const hosts = scripted(`${hello}${group}C: ...\nS: 250 OK`)
    const report = await opened(await hosts.open()).send(message({ content: failing }))
    expect([result(report), report.usable, report.error]).toEqual(['lost given-up content', false, failure])
    expect((await hosts.report()).failure).toBe('expected content, and the peer ended')
  })

  it('with a line end that is half is cut before the final dot', async () => {
    for (const content of ['a\nb\r\n', 'a\rb\r\n', 'a\r']) {
      const hosts = scripted(`${hello}${group}C: ...\nS: 250 OK`)
      const report = await opened(await hosts.open()).send(message({ content: Buffer.from(content) }))
      expect([result(report), WireError.is(report.error, 'BARE_LINE_END')]).toEqual(['lost given-up content', true])
      expect((await hosts.report()).failure).toBe('expected content, and the peer ended')
    }
  })

  it('is not ended without the consent that was asked for', async () => {
    const failure = new Error('store')
    const refusals: readonly (readonly [() => Promise<boolean>, unknown])[] = [
      [async () => false, undefined],
      [() => Promise.reject(failure), failure],
    ]
    for (const [beforeEnd, error] of refusals) {
      const hosts = scripted(`${hello}${group}C: ...\nS: 250 OK`)
      const report = await opened(await hosts.open()).send(message({ beforeEnd }))
      expect([result(report), report.error]).toEqual(['lost given-up content', error])
      expect((await hosts.report()).failure).toBe('expected content, and the peer ended')
    }
  })

  it('is ended when the consent comes, and all of the content was sent before it was asked for', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler)
    const connection = opened(await hosts.open())
    let seen = -1
    const body = handler.body
    let arrived = 0
    handler.body = (octets) => {
      arrived += octets.length
      return body(octets)
    }
    const report = await connection.send(
      message({
        beforeEnd: async () => {
          await settled()
          seen = arrived
          return true
        },
      }),
    )
    expect([result(report), seen]).toEqual(['accepted 250', text.length])
  })

  it('is not asked to end when the server ended the session meanwhile', async () => {
    const hosts = scripted(`${hello}${group}C: Subject: t\nS: 421 4.3.2 down`)
    let release: (() => void) | undefined
    const report = await opened(await hosts.open()).send(
      message({
        beforeEnd: () =>
          new Promise((resolve) => {
            release = () => resolve(true)
          }),
      }),
    )
    expect(result(report)).toBe('lost closed content')
    release?.()
    await settled()
  })
})

describe('the signal of a transaction', () => {
  const places: readonly (readonly [string, string, string])[] = [
    ['before anything', `${hello}-- closed`, 'lost given-up hello'],
    ['in the envelope', `${hello}C: MAIL *\nS: 250 OK\n-- closed`, 'lost given-up rcpt'],
    ['behind the final dot', `${hello}${group}C: ...\n-- closed`, 'unknown given-up'],
  ]
  for (const [where, script, expected] of places)
    it(`${where}: ${expected}`, async () => {
      const hosts = scripted(script)
      const connection = opened(await hosts.open())
      const abort = new AbortController()
      if (where === 'before anything') abort.abort()
      const sending = connection.send(message({ signal: abort.signal }))
      await settled()
      abort.abort()
      expect(result(await sending)).toBe(expected)
      expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
    })

  it('does nothing once the report is there', async () => {
    const connection = opened(await createHosts(createHandler()).open())
    const abort = new AbortController()
    await connection.send(message({ signal: abort.signal }))
    abort.abort()
    expect(connection.usable).toBe(true)
  })
})

describe('STARTTLS', () => {
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
    const connection = opened(await scripted(`${hello}-- closed`).open())
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
