import { describe, expect, it } from 'vitest'
import { WireError } from '../src/error.ts'
import { settled } from '../src/testing.ts'
import { mailbox, recipients } from './client-fixture.ts'
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
    const unsafe = connection.send(message({ reversePath: { ...mailbox('a@client.test'), localPart: 'a\r\nRSET' } }))
    await expect(unsafe).rejects.toSatisfy((error) => WireError.is(error, 'UNSAFE_TEXT'))
    expect(result(await connection.send(message()))).toBe('accepted 250')
  })

  it('does one thing at a time', async () => {
    const connection = opened(await scripted(`${greeted}${grouped}C: ...\n-- wait 1000`).open())
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
      const hosts = scripted(`${greeted}${grouped}C: ...\nS: 250 OK\n-- wait 1000\n${last}`)
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
    const hosts = scripted(`${greeted}C: QUIT\n-- closed`)
    const connection = opened(await hosts.open())
    const quitting = connection.quit()
    await hosts.clock.advance(5000)
    await quitting
    expect(hosts.network.connections).toBe(0)
  })
})

describe('the signal of a transaction', () => {
  const places: readonly (readonly [string, string, string])[] = [
    ['before anything', `${greeted}-- closed`, 'lost given-up hello'],
    ['in the envelope', `${greeted}C: MAIL *\nS: 250 OK\n-- closed`, 'lost given-up rcpt'],
    ['behind the final dot', `${greeted}${grouped}C: ...\n-- closed`, 'unknown given-up'],
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
