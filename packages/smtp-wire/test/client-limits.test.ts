import { describe, expect, it } from 'vitest'
import { clientLimits } from '../src/client/limits.ts'
import { ReplyInput } from '../src/client/reply-input.ts'
import { ClientSession, type ClientSessionOptions } from '../src/client/session.ts'
import { replyLimits } from '../src/reply/read-reply.ts'
import { pipelining, recipients, sender } from './client-fixture.ts'

describe('time', () => {
  it('is what RFC 5321 4.5.3.2 grants, counted from each command or reply', () => {
    const { session, feed, at } = sessionAt()
    const { greetingMs, commandMs, mailMs, rcptMs, dataMs, contentMs, endMs, quitMs } = clientLimits
    expect([greetingMs, mailMs, rcptMs, dataMs, contentMs, endMs]).toEqual(
      [5, 5, 5, 2, 3, 10].map((min) => min * 60_000),
    )
    expect(session.deadline()).toBe(greetingMs)
    at(1000)
    feed('220 mx.test\r\n')
    expect(session.deadline()).toBe(1000 + commandMs)
    at(2000)
    feed('250 mx.test\r\n')
    expect(session.deadline()).toBeUndefined()
    session.send({ reversePath: sender, recipients: recipients(2) })
    at(3000)
    feed('')
    expect(session.deadline()).toBe(3000 + mailMs)
    at(4000)
    feed('250')
    expect(session.deadline()).toBe(3000 + mailMs)
    feed(' ok\r\n')
    expect(session.deadline()).toBe(4000 + rcptMs)
    at(5000)
    feed('250 ok\r\n')
    expect(session.deadline()).toBe(5000 + rcptMs)
    feed('250 ok\r\n')
    expect(session.deadline()).toBe(5000 + dataMs)
    at(6000)
    feed('354 go\r\n')
    expect(session.deadline()).toBe(6000 + contentMs)
    at(7000)
    session.content(Buffer.from('text\r\n'))
    expect(session.deadline()).toBe(7000 + contentMs)
    at(8000)
    session.endContent()
    expect(session.deadline()).toBe(8000 + endMs)
    feed('250 ok\r\n')
    expect(session.deadline()).toBeUndefined()
    session.quit()
    feed('')
    expect(session.deadline()).toBe(8000 + quitMs)
    feed('221 bye\r\n')
    expect(session.deadline()).toBeUndefined()
    expect(session.mode).toBe('closing')
    session.disconnect()
    expect([session.poll(), session.mode]).toEqual([undefined, 'closed'])
  })

  it('runs on through a reply that comes slowly', () => {
    const { session, feed, at } = sessionAt()
    for (let line = 0; line < 100; line++) {
      at(line * 1000)
      feed(`220-${line}\r\n`)
    }
    expect(session.deadline()).toBe(clientLimits.greetingMs)
  })

  it('under LMTP is granted to each reply behind the final dot', () => {
    const { session, feed, at } = sessionAt({ protocol: 'lmtp' })
    feed('220 mx.test\r\n')
    feed('250-mx.test\r\n250 PIPELINING\r\n')
    session.send({ reversePath: sender, recipients: recipients(2) })
    feed('')
    feed('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n')
    session.endContent()
    at(500_000)
    feed('250 ok\r\n')
    expect(session.deadline()).toBe(500_000 + clientLimits.endMs)
  })
})

describe('a group of commands', () => {
  it('never has more octets unanswered than its bound, and loses nobody', () => {
    const bound = 256
    const { session, feed } = sessionAt({ limits: { groupOctets: bound } })
    feed('220 mx.test\r\n')
    feed('250-mx.test\r\n250 PIPELINING\r\n')
    session.send({ reversePath: sender, recipients: recipients(100) })
    const unanswered: number[] = []
    let out = feed('')
    let answered = 0
    let groups = 0
    while (out.length > 0) {
      groups += 1
      for (const line of out.split('\r\n').slice(0, -1)) unanswered.push(line.length + 2)
      const octets = unanswered.reduce((sum, line) => sum + line, 0)
      const last = out.endsWith('DATA\r\n')
      expect(octets).toBeLessThanOrEqual(bound)
      // What one more line would fit into is used.
      if (!last) expect(octets).toBeGreaterThan(bound - 'RCPT TO:<r10@mx.test>\r\n'.length)
      out = ''
      while (unanswered.length > 0 && out === '') {
        unanswered.shift()
        answered += 1
        out = feed(last && unanswered.length === 0 ? '354 go\r\n' : `250 ${answered}\r\n`)
      }
    }
    expect(answered).toBe(102)
    expect(groups).toBeGreaterThan(10)
    session.endContent()
    expect(feed('')).toBe('.\r\n')
    feed('250 ok\r\n')
    expect(session.idle).toBe(true)
  })

  it('does not hold DATA where all before it were refused', () => {
    // DATA does not fit beside the last RCPT.
    const { session, feed } = sessionAt({ limits: { groupOctets: 27 } })
    feed('220 mx.test\r\n')
    feed('250-mx.test\r\n250 PIPELINING\r\n')
    session.send({ reversePath: sender, recipients: recipients(2) })
    expect(feed('')).toBe('MAIL FROM:<a@client.test>\r\n')
    expect(feed('250 ok\r\n')).toBe('RCPT TO:<r0@mx.test>\r\n')
    expect(feed('550 no\r\n')).toBe('RCPT TO:<r1@mx.test>\r\n')
    expect(feed('550 no\r\n')).toBe('')
    expect(session.idle).toBe(true)
  })
})

describe('the input of replies', () => {
  it('holds no more than its limits whatever comes', () => {
    const limits = { lineOctets: 100, lines: 10 }
    for (const endless of ['220-x\r\n', 'x', '220-', '\n']) {
      const input = new ReplyInput(limits)
      let fed = 0
      for (;;) {
        input.feed(Buffer.from(endless))
        fed += endless.length
        const step = input.next()
        if (step.kind === 'fault') break
        expect(step.kind).toBe('need-more')
        expect(fed).toBeLessThan(limits.lineOctets * limits.lines)
      }
    }
  })

  it('reads the longest reply octet by octet without looking at octets again and again', () => {
    const line = `250-${'x'.repeat(replyLimits.lineOctets - 7)}\r\n`
    const reply = Buffer.from(`${line.repeat(replyLimits.lines - 1)}250 end\r\n`)
    const input = new ReplyInput(replyLimits)
    let whole = -1
    for (const [at, octet] of reply.entries()) {
      input.feed(Uint8Array.of(octet))
      const step = input.next()
      if (step.kind !== 'need-more' && whole === -1) whole = at
    }
    expect(whole).toBe(reply.length - 1)
    expect(input.waiting).toBe(0)
  })
})

/** A session on a clock of its own. `feed` returns what goes out. */
function sessionAt(options: Partial<ClientSessionOptions> = {}): {
  readonly session: ClientSession
  readonly feed: (text: string) => string
  readonly at: (time: number) => void
} {
  let now = 0
  const session = new ClientSession({ hostname: 'client.test', extensions: [pipelining], now: () => now, ...options })
  return {
    session,
    feed(text) {
      session.receive(Buffer.from(text))
      while (session.poll() !== undefined);
      return Buffer.from(session.takeOutput() ?? []).toString()
    },
    at(time) {
      now = time
    },
  }
}
