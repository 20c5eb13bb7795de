import { describe, expect, it } from 'vitest'
import type { ServerHandler } from '../src/drive.ts'
import { reply } from '../src/reply/reply.ts'
import { content, createHandler, createHosts, envelope, hello, played, quit } from './drive-fixture.ts'

const goesOn = `C: NOOP\nS: 250 OK\n${quit}`

/** Where it fails, what comes before it, what then, and the name in the log. */
const places: readonly (readonly [keyof ServerHandler, string, string, string?])[] = [
  ['greet', '', `S: 451 Local*\n${quit}`],
  ['hello', 'S: 220 mx.test\n', `C: EHLO client.test\nS: 451 Local*\n${goesOn}`],
  ['mail', hello, `C: MAIL FROM:<a@client.test>\nS: 451 Local*\n${goesOn}`],
  ['rcpt', `${hello}C: MAIL FROM:<a@client.test>\nS: 250 OK\n`, `C: RCPT TO:<b@mx.test>\nS: 451 Local*\n${goesOn}`],
  ['dataStart', hello + envelope, `C: DATA\nS: 451 Local*\n${goesOn}`, 'data-start'],
  ['body', hello + envelope, `${content}S: 451 Local*\n${goesOn}`],
  ['dataEnd', hello + envelope, `${content}S: 451 Local*\n${goesOn}`, 'data-end'],
  ['lookup', hello, `C: VRFY x\nS: 451 Local*\n${goesOn}`],
  ['ended', hello + envelope, `${content}S: 250 OK\n${goesOn}`],
  ['fault', hello, `C: MAIL FROM:<>x\nS: 501 *\n${goesOn}`],
  ['closed', hello, goesOn],
]

const failures: readonly (readonly [string, () => never | Promise<never>])[] = [
  [
    'throws',
    () => {
      throw new Error('ours')
    },
  ],
  ['rejects', () => Promise.reject(new Error('ours'))],
]

describe('a handler that fails', () => {
  for (const [how, fail] of failures)
    for (const [method, before, after, during = method] of places) {
      // These two return nothing that could reject.
      if (how === 'rejects' && (method === 'fault' || method === 'closed')) continue
      it(`that ${how} in ${method} costs no more than that answer`, async () => {
        const logged: unknown[] = []
        const handler = createHandler({ [method]: fail })
        const hosts = createHosts(handler, {
          log: { info: () => undefined, warn: (event, fields) => logged.push([event, fields]) },
        })
        await played(hosts, before + after)
        expect(logged).toEqual([['handler-failed', { during, error: new Error('ours'), peer: '192.0.2.1' }]])
        if (method !== 'ended') expect(handler.outcomes).toHaveLength(handler.begun)
        if (method !== 'closed') expect(handler.closings).toBe(1)
      })
    }

  it('on content is not asked again before the next message, and the rest is swallowed', async () => {
    let calls = 0
    const handler = createHandler({
      body() {
        calls += 1
        if (calls === 1) throw new Error('disk')
      },
    })
    const lines = 'C: line\n'.repeat(50)
    const hosts = createHosts(handler, { faults: { piece: 7 } })
    const failing = `${envelope}C: DATA\nS: 354 *\n${lines}C: .\nS: 451 *\n`
    await played(hosts, `${hello}${failing}${envelope}${content}S: 250 OK\n${quit}`)
    expect(handler.outcomes).toEqual(['refused', 'accepted'])
    expect(handler.taken).toHaveLength(1)
  })

  it('by a wrong number of LMTP replies has 451 sent for each recipient', async () => {
    const handler = createHandler({ dataEnd: () => [reply(250, undefined, 'one')] })
    const hosts = createHosts(handler, { protocol: 'lmtp' })
    const two = `${envelope}C: RCPT TO:<c@mx.test>\nS: 250 OK\n`
    await played(hosts, `${hello.replace('EHLO', 'LHLO')}${two}${content}S: 451 *\nS: 451 *\n${quit}`)
    expect(handler.outcomes).toEqual(['refused'])
  })

  it('by an answer that is none ends the session, and nothing else', async () => {
    const logged: unknown[] = []
    const handler = createHandler({ rcpt: () => undefined as never })
    const hosts = createHosts(handler, {
      log: { info: () => undefined, warn: (event, { during }) => logged.push([event, during]) },
    })
    await played(hosts, `${hello}C: MAIL FROM:<a@client.test>\nS: 250 OK\nC: RCPT TO:<b@mx.test>\n-- closed`)
    expect(logged).toEqual([
      ['handler-failed', 'rcpt'],
      ['handler-failed', 'session'],
    ])
    expect([handler.outcomes, handler.closings]).toEqual([['closed'], 1])
  })
})
