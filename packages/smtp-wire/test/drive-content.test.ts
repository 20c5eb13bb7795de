import { describe, expect, it } from 'vitest'
import { connect, type Outgoing } from '../src/drive.ts'
import { WireError } from '../src/error.ts'
import { record, settled } from '../src/testing.ts'
import { pipelining } from './client-fixture.ts'
import {
  createHandler,
  createHosts,
  greeted,
  grouped,
  message,
  opened,
  result,
  scripted,
  text,
} from './drive-fixture.ts'

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
      const hosts = scripted(`${greeted}${grouped}C: xxx*\nS: ${reply}\n-- closed`, { room: 2000 })
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
    const hosts = scripted(`${greeted}${grouped}-- closed`)
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
    const hosts = scripted(`${greeted}${grouped}C: ...\nS: 250 OK`)
    const report = await opened(await hosts.open()).send(message({ content: failing }))
    expect([result(report), report.usable, report.error]).toEqual(['lost given-up content', false, failure])
    expect((await hosts.report()).failure).toBe('expected content, and the peer ended')
  })

  it('with a line end that is half is cut before the final dot', async () => {
    for (const content of ['a\nb\r\n', 'a\rb\r\n', 'a\r']) {
      const hosts = scripted(`${greeted}${grouped}C: ...\nS: 250 OK`)
      const report = await opened(await hosts.open()).send(message({ content: Buffer.from(content) }))
      expect([result(report), WireError.is(report.error, 'BARE_LINE_END')]).toEqual(['lost given-up content', true])
      expect((await hosts.report()).failure).toBe('expected content, and the peer ended')
    }
  })

  it('is not ended without the consent that was asked for', async () => {
    const failure = new Error('store')
    const fail = (): never => {
      throw failure
    }
    const refusals: readonly (readonly [NonNullable<Outgoing['beforeEnd']>, unknown])[] = [
      [async () => false, undefined],
      [() => false, undefined],
      [() => Promise.reject(failure), failure],
      [fail, failure],
    ]
    for (const [beforeEnd, error] of refusals) {
      const hosts = scripted(`${greeted}${grouped}C: ...\nS: 250 OK`)
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

  it.each<[string, Outgoing['beforeEnd'], readonly number[]]>([
    ['with it where nobody is asked', undefined, [text.length + 3]],
    ['with it where consent comes at once', () => true, [text.length + 3]],
    ['before it where consent takes its time', async () => true, [text.length, 3]],
  ])('of small size leaves %s, behind one write of all commands', async (_, beforeEnd, sizes) => {
    const hosts = createHosts(createHandler())
    const { transport, passed } = record(await hosts.dial())
    const options = { hostname: 'client.test', extensions: [pipelining], clock: hosts.clock }
    const connection = opened(await connect(transport, options))
    const report = await connection.send(message(beforeEnd === undefined ? {} : { beforeEnd }))
    expect(result(report)).toBe('accepted 250')
    const writes = passed.filter(({ way }) => way === 'out').map(({ octets }) => Buffer.from(octets).toString())
    expect(writes[1]).toMatch(/^MAIL .*\r\nRCPT .*\r\nDATA\r\n$/)
    expect(writes.slice(2).map(({ length }) => length)).toEqual(sizes)
  })

  it('is not asked to end when the server ended the session meanwhile', async () => {
    const hosts = scripted(`${greeted}${grouped}C: Subject: t\nS: 421 4.3.2 down`)
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
