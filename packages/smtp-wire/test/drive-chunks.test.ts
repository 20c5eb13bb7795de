import { describe, expect, it } from 'vitest'
import type { ServerFacts } from '../src/extension/types.ts'
import { reply } from '../src/reply/reply.ts'
import { pipelining } from './client-fixture.ts'
import { createHandler, createHosts, greeted, message, opened, result, scripted } from './drive-fixture.ts'
import { auth, binarymime, chunking } from './server-extensions.ts'

const extensions = [pipelining, { ...chunking, switches: { chunking: true } as const }]

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

describe('content by BDAT', () => {
  it('arrives octet for octet, from one buffer, from several, and without an end of line', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { extensions })
    const connection = opened(await hosts.open({ extensions }))
    const big = Buffer.from('.line\r\n'.repeat(30_000))
    for (const content of [Buffer.from('.\r\n.\r\nno end'), big, chunks('a\r', '\n.', '\r\n'), new Uint8Array(0)])
      expect(result(await connection.send(message({ content })))).toBe('accepted 250')
    expect(handler.taken.map(({ content }) => content.toString())).toEqual([
      '.\r\n.\r\nno end',
      big.toString(),
      'a\r\n.\r\n',
      '',
    ])
    expect(handler.faults).toEqual([])
  })

  it('may be any octets where it is binary, else a CR or LF alone gives up', async () => {
    const handler = createHandler()
    const binary = [...extensions, binarymime]
    const hosts = createHosts(handler, { extensions: binary })
    const connection = opened(await hosts.open({ extensions: binary }))
    const content = Buffer.from('\n\r\0\xff\r', 'latin1')
    const parameters = [['BODY', 'BINARYMIME']] as const
    expect(result(await connection.send(message({ content, body: 'binary', parameters })))).toBe('accepted 250')
    // Called binary and not declared so: the server sees for itself.
    expect(result(await connection.send(message({ content, body: 'binary' })))).toBe('refused 554 end')
    expect(handler.taken[0]?.content.equals(content)).toBe(true)
    for (const wrong of ['a\nb\r\n', 'end\r']) {
      const other = opened(await hosts.open({ extensions }))
      const report = await other.send(message({ content: Buffer.from(wrong) }))
      expect([result(report), (report.error as { code: string }).code]).toEqual([
        'lost given-up content',
        'BARE_LINE_END',
      ])
    }
    expect(handler.taken).toHaveLength(1)
  })

  it('stops where the server refuses a chunk, and the session goes on', async () => {
    const handler = createHandler({ body: () => Promise.reject(new Error('disk')) })
    const hosts = createHosts(handler, { extensions })
    const connection = opened(await hosts.open({ extensions }))
    let asked = 0
    async function* many(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 1000; i++) {
        asked += 1
        yield Buffer.from('x\r\n')
        await hosts.clock.advance(1)
      }
    }
    const small = scripted(
      `${greeted.replace('250 PIPELINING', '250-PIPELINING\nS: 250 CHUNKING')}` +
        'C: MAIL *\nC: RCPT *\nS: 250 OK\nS: 250 OK\nC: BDAT 3\nC: x\nS: 452 4.3.1 full\nC: RSET\nS: 250 OK\n-- closed',
    )
    const refused = opened(await small.open({ extensions }))
    async function* waits(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x\r\n')
      await new Promise((resolve) => setTimeout(resolve, 20))
      yield Buffer.from('never\r\n')
    }
    const report = await refused.send(message({ content: waits() }))
    expect([result(report), report.usable]).toEqual(['refused 452 chunk', true])
    expect(await refused.probe()).toBe(true)
    expect(result(await connection.send(message({ content: many() })))).toMatch(/^refused 451/)
    expect(asked).toBe(1000)
    expect(await connection.probe()).toBe(true)
  })

  it('asks before the last chunk, and does not send it where the answer is no', async () => {
    const handler = createHandler()
    const connection = opened(await createHosts(handler, { extensions }).open({ extensions }))
    const report = await connection.send(message({ content: chunks('a\r\n', 'b\r\n'), beforeEnd: () => false }))
    expect(result(report)).toBe('lost given-up content')
    expect(handler.taken).toEqual([])
  })
})

it('a dialogue: each 334 is answered by a line, and the client is known from then on', async () => {
  const lines: (string | undefined)[] = []
  const handler = createHandler({
    verb({ line }) {
      lines.push(line)
      if (lines.length < 3) return reply(334, undefined, 'bW9yZQ==')
      return { reply: reply(235, '7.0', 'Welcome'), identity: 'ada' }
    },
  })
  const authenticated: boolean[] = []
  const inTls = { ...auth, requires: [] }
  const seeing = {
    ...inTls,
    client: {
      plan(_: unknown, __: unknown, server: ServerFacts) {
        authenticated.push(server.authenticated)
        return { kind: 'send' } as const
      },
    },
  }
  const hosts = createHosts(handler, { extensions: [inTls] })
  const connection = opened(await hosts.open({ extensions: [seeing] }))
  expect(await connection.command('AUTH', 'TEST')).toMatchObject({ code: 334 })
  await expect(connection.command('NOOP', '')).rejects.toMatchObject({ code: 'SESSION_MISUSE' })
  expect(await connection.respond('one')).toMatchObject({ code: 334 })
  expect(await connection.respond('two')).toMatchObject({ code: 235 })
  expect(lines).toEqual([undefined, 'one', 'two'])
  expect(result(await connection.send(message()))).toBe('accepted 250')
  expect(authenticated).toEqual([true])
})
