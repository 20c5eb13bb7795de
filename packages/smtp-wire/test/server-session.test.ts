import { describe, expect, it } from 'vitest'
import { reply, ServerSession, WireError } from '../src/index.ts'
import { toOctets, toText } from './codec-shared.ts'
import { chunking, enhanced, pipelining, starttls } from './server-extensions.ts'
import { type AnyAnswerable, Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

const say = (rig: Rig, text: string): string => rig.feed([toOctets(text)])

function inPhase(lines: readonly string[], options: Partial<ConstructorParameters<typeof Rig>[0]> = {}): Rig {
  const rig = new Rig({ decide: usual, ...options })
  rig.run()
  for (const line of lines) say(rig, `${line}\r\n`)
  return rig
}

const toData = ['EHLO c', 'MAIL FROM:<>', 'RCPT TO:<bob@mx.example>', 'DATA']

function misuse(run: () => void): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return WireError.is(error, 'SESSION_MISUSE') ? error.detail.operation : error
  }
}

describe('a session used out of turn', () => {
  it('octets before those before are used up', () => {
    const { session } = inPhase(['EHLO c'])
    session.receive(toOctets('NOOP\r\n'))
    expect(misuse(() => session.receive(toOctets('NOOP\r\n')))).toBe('receive')
  })

  it('an answer nobody asked for, twice, or to a copy of the event', () => {
    const session = new ServerSession({ hostname: 'mx', extensions: [], now: () => 0 })
    const greeting = reply(220, undefined, 'mx')
    expect(misuse(() => session.answer({ kind: 'greet' }, greeting))).toBe('answer')
    const event = session.poll()
    if (event?.kind !== 'greet') throw new Error('no greeting asked for')
    expect(misuse(() => session.answer({ ...event }, greeting))).toBe('answer')
    session.answer(event, greeting)
    expect(misuse(() => session.answer(event, greeting))).toBe('answer')
  })

  it('TLS that nobody asked for, and octets while it is awaited', () => {
    const rig = inPhase(['EHLO c', 'STARTTLS'], { extensions: [starttls], tls: 'available' })
    expect(rig.session.mode).toBe('want-tls')
    expect(misuse(() => rig.session.receive(toOctets('EHLO c\r\n')))).toBe('receive')
    rig.session.tlsStarted()
    expect(misuse(() => rig.session.tlsStarted())).toBe('tlsStarted')
  })

  it.each([0, 1, 3])('%d replies for two recipients under LMTP', (count) => {
    const answers = (event: AnyAnswerable): unknown =>
      event.kind === 'data-end' ? Array.from({ length: count }, () => reply(250, '0.0', 'OK')) : usual(event)
    const rig = inPhase(['LHLO c', 'MAIL FROM:<>', 'RCPT TO:<a@mx>', 'RCPT TO:<b@mx>', 'DATA'], {
      protocol: 'lmtp',
      decide: answers,
    })
    expect(misuse(() => say(rig, '.\r\n'))).toBe('answer')
  })

  it('several replies where SMTP has one', () => {
    const decide = (event: AnyAnswerable): unknown =>
      event.kind === 'data-end' ? [reply(250, '0.0', 'OK'), reply(250, '0.0', 'OK')] : usual(event)
    expect(misuse(() => say(inPhase(toData, { decide }), '.\r\n'))).toBe('answer')
  })

  it('once it is over, octets and answers are not heard', () => {
    const rig = inPhase(['EHLO c', 'QUIT'])
    rig.session.receive(toOctets('NOOP\r\n'))
    expect(rig.run()).toBe('')
    rig.session.disconnect()
    rig.session.disconnect()
    rig.session.expire()
    rig.session.shutdown()
    expect([rig.run(), rig.session.mode]).toEqual(['', 'closed'])
  })
})

describe('deadlines', () => {
  const limits = { commandMs: 100, contentGraceMs: 50, contentRate: 10, sessionMs: 10_000 }

  it('a line is due so long after it was begun to be waited for, however it drips', () => {
    const rig = inPhase(['EHLO c'], { limits })
    rig.now = 7
    expect(rig.session.deadline()).toBe(100)
    rig.now = 60
    say(rig, 'NO')
    expect(rig.session.deadline()).toBe(100)
    rig.now = 70
    expect(rig.session.poll()).toBeUndefined()
    expect(rig.session.deadline()).toBe(100)
    rig.now = 90
    say(rig, 'O')
    expect(rig.session.deadline()).toBe(100)
    say(rig, 'P\r\n')
    expect(rig.session.deadline()).toBe(190)
  })

  it('what the owner takes to answer is not the peer’s time', () => {
    let owed: AnyAnswerable | undefined
    const decide = (event: AnyAnswerable): unknown => {
      if (event.kind !== 'mail') return usual(event)
      owed = event
      return undefined
    }
    const rig = inPhase(['EHLO c'], { limits, decide })
    rig.now = 50
    say(rig, 'MAIL FROM:<>\r\n')
    rig.now = 5_000
    expect(rig.session.deadline()).toBe(10_000)
    rig.session.expire()
    expect(rig.session.mode).toBe('open')
    rig.session.answer(owed as never, reply(250, '1.0', 'OK') as never)
    rig.run()
    expect(rig.session.deadline()).toBe(5_100)
  })

  it('content earns time as it flows, and may pause no longer than the grace', () => {
    const rig = inPhase(toData, { limits })
    expect(rig.session.deadline()).toBe(50)
    rig.now = 40
    // Two octets at ten a second are worth 200 ms; a single wait never lasts longer than the grace.
    say(rig, 'ab')
    expect(rig.session.deadline()).toBe(90)
    rig.now = 80
    say(rig, 'c')
    expect(rig.session.deadline()).toBe(130)
  })

  it('a drip below the rate runs out of time', () => {
    const rig = inPhase(toData, { limits: { ...limits, contentRate: 1_000 } })
    let now = 0
    for (let octets = 1; now < rig.session.deadline(); octets++) {
      now = rig.now = Math.min(now + 10, rig.session.deadline())
      if (octets > 100) throw new Error('it goes on for ever')
      if (now < rig.session.deadline()) say(rig, 'x')
    }
    rig.session.expire()
    expect(rig.run()).toBe('421 mx.example Waited too long, closing transmission channel\r\n')
  })

  it('content that was waited for by others is not paid for by its peer', () => {
    const rig = inPhase(toData, { limits })
    rig.now = 10
    rig.session.receive(toOctets('x'))
    // Storing it takes its time.
    rig.now = 3_000
    rig.run()
    expect(rig.session.deadline()).toBe(3_050)
  })

  it('each chunk has its own time', () => {
    const rig = inPhase(['EHLO c', 'MAIL FROM:<>', 'RCPT TO:<bob@mx.example>'], { limits, extensions: [chunking] })
    expect(rig.session.deadline()).toBe(100)
    rig.now = 20
    say(rig, 'BDAT 3\r\na')
    expect(rig.session.deadline()).toBe(70)
    rig.now = 30
    say(rig, 'bc')
    expect(rig.session.deadline()).toBe(130)
  })

  it('the session has its end', () => {
    const rig = inPhase(['EHLO c'], { limits })
    rig.now = 9_950
    say(rig, 'NOOP\r\n')
    expect(rig.session.deadline()).toBe(10_000)
  })
})

describe('output', () => {
  it('replies of a group leave in one buffer, once the group is used up', () => {
    const rig = inPhase(['EHLO c'], { extensions: [pipelining] })
    rig.session.receive(toOctets('MAIL FROM:<>\r\nRCPT TO:<a@mx>\r\nRCPT TO:<b@mx>\r\n'))
    const event = rig.session.poll()
    expect(event?.kind).toBe('mail')
    rig.session.answer(event as never, reply(250, '1.0', 'OK') as never)
    expect(rig.session.takeOutput()).toBeUndefined()
    expect(rig.run().split('\r\n').length).toBe(4)
    expect(rig.session.takeOutput()).toBeUndefined()
  })

  it('much of it leaves before', () => {
    const rig = inPhase(['EHLO c', 'MAIL FROM:<>'], { extensions: [pipelining], limits: { recipients: 1 } })
    const long = 'x'.repeat(70_000)
    rig.session.receive(toOctets('RCPT TO:<a@mx>\r\nRCPT TO:<b@mx>\r\n'))
    rig.session.answer(rig.session.poll() as never, reply(250, '1.5', long) as never)
    expect(rig.session.takeOutput()?.length).toBeGreaterThan(70_000)
  })

  it('constant replies are formatted once', () => {
    const rig = inPhase(['EHLO c'], { extensions: [enhanced] })
    rig.session.receive(toOctets('RSET\r\n'))
    rig.session.poll()
    const first = rig.session.takeOutput()
    rig.session.receive(toOctets('RSET\r\n'))
    rig.session.poll()
    expect(rig.session.takeOutput()).toBe(first)
  })
})

describe('what a peer can make a session keep', () => {
  it('an endless line, however it comes, ends the session after 64 KiB', () => {
    for (const size of [1, 100, 4_096, 1_000_000]) {
      const rig = inPhase(['EHLO c'])
      const piece = new Uint8Array(size).fill(0x78)
      let fed = 0
      while (rig.session.mode === 'open') {
        rig.feed([piece])
        fed += size
      }
      expect(fed).toBeLessThanOrEqual(65_537 + size)
      expect(rig.session.mode).toBe('closing')
    }
  })

  it('content that never ends is passed on or swallowed, never kept', () => {
    const rig = inPhase(toData, { limits: { messageOctets: 1_000 } })
    const piece = toOctets(`${'x'.repeat(998)}\r\n`)
    let told = 0
    for (let i = 0; i < 2_000; i++) {
      rig.session.receive(piece)
      for (let event = rig.session.poll(); event !== undefined; event = rig.session.poll())
        if (event.kind === 'body') told += event.octets.length
    }
    expect(told).toBe(1_000)
    expect(say(rig, '.\r\n')).toBe('552 Message is larger than this server accepts\r\n')
  })

  it('a chunk of any size is counted, not kept', () => {
    const rig = inPhase(['EHLO c', 'MAIL FROM:<>', 'RCPT TO:<bob@mx.example>'], {
      extensions: [chunking],
      limits: { messageOctets: 1_000 },
    })
    say(rig, 'BDAT 999999999999999\r\n')
    for (let i = 0; i < 100; i++) expect(say(rig, 'x'.repeat(10_000))).toBe('')
    expect(rig.session.mode).toBe('open')
  })

  it('body events are views of what was fed', () => {
    const rig = inPhase(toData)
    const octets = toOctets('abc\r\n..d\r\n')
    rig.session.receive(octets)
    const views: Uint8Array[] = []
    for (let event = rig.session.poll(); event !== undefined; event = rig.session.poll())
      if (event.kind === 'body') views.push(event.octets)
    expect(views.map(toText)).toEqual(['abc\r\n', '.d\r\n'])
    for (const view of views) expect(view.buffer).toBe(octets.buffer)
  })
})

it('what is told of a transaction is not changed by the next one', () => {
  const rig = inPhase(toData.slice(0, 3))
  rig.session.receive(toOctets('DATA\r\n'))
  const event = rig.session.poll()
  if (event?.kind !== 'data-start') throw new Error('no data-start')
  rig.session.answer(event, 'go')
  rig.run()
  say(rig, '.\r\n')
  const before = JSON.stringify(event.transaction)
  say(rig, 'MAIL FROM:<x@y>\r\n')
  say(rig, 'RCPT TO:<z@mx>\r\n')
  expect(JSON.stringify(event.transaction)).toBe(before)
})
