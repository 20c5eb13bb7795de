import { describe, expect, it } from 'vitest'
import type { Clock } from '../src/drive.ts'
import { serve } from '../src/drive.ts'
import { WireError } from '../src/error.ts'
import { defineExtension } from '../src/extension/define.ts'
import { reply } from '../src/reply/reply.ts'
import { createManualClock, settled } from '../src/testing.ts'
import { pipelining } from './client-fixture.ts'
import { content, createHandler, createHosts, envelope, hello, played, quit, startTls } from './drive-fixture.ts'

describe('serve', () => {
  it('takes a message, tells its end, and closes once', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler)
    await played(hosts, `${hello}${envelope}${content}S: 250 OK\n${quit}`)
    expect(handler.taken.map(({ from, to, content }) => [from, to, content.toString()])).toEqual([
      ['<a@client.test>', ['<b@mx.test>'], 'Subject: t\r\n\r\n.dot\r\n'],
    ])
    expect([handler.outcomes, handler.closings]).toEqual([['accepted'], 1])
    expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
  })

  it('answers what is pending when the peer has ended its side', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler)
    const group =
      'C: MAIL FROM:<a@client.test>\\r\\nRCPT TO:<b@mx.test>\\r\\nDATA\n-- end\nS: 250 OK\nS: 250 OK\nS: 354 *\n'
    await played(hosts, `${hello}${group}-- closed`)
    expect([handler.begun, handler.outcomes, handler.closings]).toEqual([1, ['closed'], 1])
  })

  it('rejects for extensions that conflict, before anything is sent', async () => {
    const hosts = createHosts(createHandler())
    const transport = await hosts.dial()
    const serving = serve(transport, {
      hostname: 'mx.test',
      extensions: [startTls, startTls],
      handler: createHandler(),
      clock: hosts.clock,
    })
    await expect(serving).rejects.toSatisfy((error) => WireError.is(error, 'EXTENSION_CONFLICT'))
  })
})

describe('a slow handler', () => {
  it('has nothing read while it takes content', async () => {
    let release: (() => void) | undefined
    let bodies = 0
    const handler = createHandler({
      body() {
        bodies += 1
        return new Promise<void>((resolve) => {
          release = resolve
        })
      },
    })
    const hosts = createHosts(handler, { faults: { room: 1000, piece: 500 } })
    const transport = await hosts.dial()
    await transport.read()
    await transport.write(Buffer.from('EHLO client.test\r\n'))
    await transport.read()
    await transport.write(Buffer.from('MAIL FROM:<a@client.test>\r\nRCPT TO:<b@mx.test>\r\nDATA\r\n'))
    await transport.read()
    await settled()
    const room = transport.write(Buffer.from('x'.repeat(5000)))
    let waiting = true
    void room?.then(() => {
      waiting = false
    })
    await settled()
    expect([bodies, waiting]).toEqual([1, true])
    for (let turn = 0; turn < 10; turn++) {
      release?.()
      await settled()
    }
    expect([bodies, waiting]).toEqual([10, false])
    transport.destroy()
    release?.()
    await hosts.served()
    expect(handler.outcomes).toEqual(['closed'])
  })

  it('has the replies before its answer sent first', async () => {
    let answer: ((reply: ReturnType<typeof okay>) => void) | undefined
    const okay = () => reply(250, undefined, 'OK')
    const handler = createHandler({
      lookup: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    })
    const hosts = createHosts(handler)
    const transport = await hosts.dial()
    await transport.read()
    await transport.write(Buffer.from('EHLO client.test\r\n'))
    await transport.read()
    await transport.write(Buffer.from('NOOP\r\nVRFY x\r\n'))
    expect(Buffer.from((await transport.read()) ?? []).toString()).toBe('250 OK\r\n')
    answer?.(okay())
    expect(Buffer.from((await transport.read()) ?? []).toString()).toBe('250 OK\r\n')
    transport.close()
    await hosts.served()
  })

  it('to greet finds out who talks first', async () => {
    const handler = createHandler({
      greet: async () => {
        await hosts.clock.advance(6000)
        return reply(220, undefined, 'mx.test')
      },
    })
    const hosts = createHosts(handler)
    await played(hosts, 'C: EHLO client.test\nS: 554 *\n-- closed')
    expect(handler.faults).toEqual(['early-input'])
  })

  it('to greet loses nothing of a peer that waits', async () => {
    const handler = createHandler({
      greet: async () => {
        await settled()
        return reply(220, undefined, 'mx.test')
      },
    })
    await played(createHosts(handler), `${hello}${envelope}${content}S: 250 OK\n${quit}`)
    expect(handler.taken).toHaveLength(1)
  })
})

describe('who the session is with', () => {
  /** As XCLIENT does. */
  const assume = defineExtension({
    name: 'assume',
    rfc: 1,
    keyword: 'XTEST',
    ehlo: ({ peer }) => (peer === '192.0.2.1' ? [] : undefined),
    verbs: {
      XTEST: {
        phases: ['ready'],
        barrier: true,
        run: (address, { peer }) => ({ kind: 'assume', peer: { address, name: `for ${peer}` } }),
      },
    },
  })
  const asked = 'S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 XTEST\n'

  it('is told to extensions from the transport', async () => {
    await played(createHosts(createHandler(), { extensions: [assume] }), `${asked}${quit}`)
  })

  it('changes when a proxy speaks for its client: another greeting, and nothing of the first is left', async () => {
    const greeted: unknown[] = []
    const handler = createHandler({
      greet: async ({ assumed }) => {
        greeted.push(assumed)
        await settled()
        return reply(220, undefined, 'mx.test')
      },
    })
    const hosts = createHosts(handler, { extensions: [assume, pipelining] })
    const again = `C: XTEST 192.0.2.9\nS: 220 mx.test\nC: MAIL FROM:<>\nS: 503 *\nC: EHLO other.test\nS: 250-mx.test\nS: 250 PIPELINING\n`
    await played(
      hosts,
      `${asked.replace('250 XTEST', '250-XTEST\nS: 250 PIPELINING')}${again}${envelope}${content}S: 250 OK\n${quit}`,
    )
    expect(greeted).toEqual([undefined, { address: '192.0.2.9', name: 'for 192.0.2.1' }])
    expect([handler.taken.length, handler.closings]).toEqual([1, 1])
  })

  it('by a verb that authenticates, as the handler says', async () => {
    const login = defineExtension({
      name: 'login',
      rfc: 4954,
      keyword: 'AUTH',
      ehlo: ({ identity }) => (identity === undefined ? ['TEST'] : undefined),
      verbs: { AUTH: { phases: ['ready'], barrier: true, run: () => ({ kind: 'ask' }) } },
    })
    const handler = createHandler({
      verb: ({ line }) =>
        line === undefined ? reply(334, undefined, 'who') : { reply: reply(235, '7.0', 'Welcome'), identity: line },
    })
    const hosts = createHosts(handler, { extensions: [login] })
    const dialogue = 'C: AUTH TEST\nS: 334 who\nC: ada\nS: 235 Welcome\nC: EHLO client.test\nS: 250 mx.test\n'
    await played(hosts, `S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 AUTH TEST\n${dialogue}${quit}`)
  })
})

describe('time', () => {
  it('for a command: 421, and the end', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { limits: { commandMs: 1000 } })
    const play = played(hosts, `${hello}${envelope}S: 421 *\n-- closed`)
    await hosts.clock.advance(1000)
    await play
    expect([handler.outcomes, handler.faults, handler.closings]).toEqual([['closed'], ['timeout'], 1])
    expect(hosts.clock.timers).toBe(0)
  })

  it('is not won by single octets', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { limits: { commandMs: 1000 } })
    const drip = 'C: N\\\n-- wait 400\nC: O\\\n-- wait 400\nC: O\\\n-- wait 300\n'
    const play = played(hosts, `${hello}${drip}S: 421 *\n-- closed`)
    await hosts.clock.advance(2000)
    await play
    expect(handler.faults).toEqual(['timeout'])
  })

  it('for the session', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { limits: { sessionMs: 5000, commandMs: 4000 } })
    const play = played(hosts, `${hello}-- wait 3000\nC: NOOP\nS: 250 OK\nS: 421 *\n-- closed`)
    await hosts.clock.advance(5000)
    await play
  })

  it('to take replies: a peer that reads nothing is cut', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { limits: { commandMs: 1000 }, faults: { room: 100 } })
    const transport = await hosts.dial()
    await transport.write(Buffer.from('EHLO client.test\r\n'))
    await settled()
    void transport.write(Buffer.from('NOOP\r\n'.repeat(100)))
    await hosts.clock.advance(999)
    expect(handler.closings).toBe(0)
    await hosts.clock.advance(1)
    await hosts.served()
    expect(handler.closings).toBe(1)
  })

  it('for the handshake', async () => {
    const handler = createHandler()
    const hosts = createHosts(handler, { extensions: [startTls], tls: 'available', limits: { commandMs: 1000 } })
    const play = played(hosts, `${hello.replace('PIPELINING', 'STARTTLS')}C: STARTTLS\nS: 220 Go\n-- closed`)
    await hosts.clock.advance(1000)
    await play
    expect(handler.closings).toBe(1)
  })

  it('costs one timer, whatever comes', async () => {
    let set = 0
    const manual = createManualClock()
    const clock: Clock = {
      ...manual,
      after(delay, run) {
        set += 1
        return manual.after(delay, run)
      },
    }
    const hosts = createHosts(createHandler(), { clock })
    await played(hosts, `${hello}${'C: NOOP\nS: 250 OK\n'.repeat(90)}${envelope}${content}S: 250 OK\n${quit}`)
    // One for commands, and one when content, which has less time, comes.
    expect(set).toBe(2)
  })
})

describe('the signal', () => {
  it('between commands: 421 at once', async () => {
    const abort = new AbortController()
    const handler = createHandler()
    const hosts = createHosts(handler, { signal: abort.signal })
    const play = played(hosts, `${hello}${envelope}S: 421 *\n-- closed`)
    await settled()
    abort.abort()
    await play
    expect([handler.outcomes, handler.closings]).toEqual([['closed'], 1])
  })

  it('in content: 421 behind the reply to it', async () => {
    const abort = new AbortController()
    const handler = createHandler()
    const hosts = createHosts(handler, { signal: abort.signal })
    const slow = 'C: DATA\nS: 354 *\nC: text\n-- wait 100\nC: .\n'
    const play = played(hosts, `${hello}${envelope}${slow}S: 250 OK\nS: 421 *\n-- closed`)
    await hosts.clock.advance(50)
    abort.abort()
    await hosts.clock.advance(50)
    await play
    expect([handler.outcomes, handler.closings]).toEqual([['accepted'], 1])
  })

  it('before the session: 421 behind the greeting', async () => {
    const abort = new AbortController()
    abort.abort()
    const hosts = createHosts(createHandler(), { signal: abort.signal })
    await played(hosts, 'S: 220 mx.test\nS: 421 *\n-- closed')
  })

  it('while an answer is thought over: the answer, then 421', async () => {
    const abort = new AbortController()
    const handler = createHandler({
      rcpt: async () => {
        abort.abort()
        await settled()
        return reply(250, undefined, 'OK')
      },
    })
    await played(createHosts(handler, { signal: abort.signal }), `${hello}${envelope}S: 421 *\n-- closed`)
    expect(handler.outcomes).toEqual(['closed'])
  })

  it('has one listener for all sessions, and none when they are over', async () => {
    let listeners = 0
    const signal = {
      aborted: false,
      addEventListener() {
        listeners += 1
      },
      removeEventListener() {
        listeners -= 1
      },
    }
    const hosts = createHosts(createHandler(), { signal })
    const plays = [hello, hello, hello].map((said) => played(hosts, `${said}-- wait 100\n${quit}`))
    await hosts.clock.advance(50)
    expect(listeners).toBe(1)
    await hosts.clock.advance(100)
    await Promise.all(plays)
    expect(listeners).toBe(0)
  })
})
