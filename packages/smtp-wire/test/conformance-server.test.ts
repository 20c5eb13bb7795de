import { describe, expect, it } from 'vitest'
import { formatReply, reply, serverLimits } from '../src/index.ts'
import { Rig } from './server-rig.ts'

const x = (count: number): string => 'x'.repeat(count)

/** A session past its hello that agrees to everything; what it says to each line. */
function session(): (line: string) => string {
  const rig = new Rig({
    decide: ({ kind }) => {
      if (kind === 'greet') return reply(220, undefined, 'mx.example ESMTP')
      if (kind === 'hello') return 'accept'
      if (kind === 'data-start') return 'go'
      return reply(250, '0.0', 'OK')
    },
  })
  rig.run()
  const say = (line: string): string => rig.feed([Buffer.from(`${line}\r\n`)])
  say('EHLO client.example')
  return say
}

describe('the least a server must take', () => {
  it('is within its limits where nothing else is said', () => {
    expect(serverLimits.recipients).toBeGreaterThanOrEqual(100)
    expect(serverLimits.messageOctets).toBeGreaterThanOrEqual(65_536)
    expect(serverLimits.commandMs).toBeGreaterThanOrEqual(300_000)
  })

  it('a local-part of 64 octets, a path of 256, a domain of 255 and a command line of 512', () => {
    const say = session()
    const domain = `${x(63)}.${x(63)}.${x(61)}`
    const path = `<${x(64)}@${domain}>`
    expect(path).toHaveLength(256)
    expect(say(`MAIL FROM:${path}`)).toMatch(/^250 /)
    expect(say(`RCPT TO:${path}`)).toMatch(/^250 /)
    expect(say(`HELO ${x(63)}.${x(63)}.${x(63)}.${x(63)}`)).toMatch(/^250 /)
    expect(say(`NOOP ${x(505)}`)).toMatch(/^250 /)
  })

  it('a line of content of 1000 octets, and longer ones', () => {
    const say = session()
    say('MAIL FROM:<>')
    say('RCPT TO:<bob@mx.example>')
    say('DATA')
    say(x(998))
    say(x(100_000))
    expect(say('.')).toMatch(/^250 /)
  })
})

describe('a reply', () => {
  it('without text keeps the blank behind its code', () => {
    expect(Buffer.from(formatReply(reply(250, undefined, ''))).toString()).toBe('250 \r\n')
  })
})

describe('an address', () => {
  it('cannot be a number behind "#", nor a domain with an underscore', () => {
    const say = session()
    say('MAIL FROM:<>')
    for (const domain of ['#12345', 'a_b.example', 'ex%mple', '-a.example'])
      expect(say(`RCPT TO:<bob@${domain}>`)).toMatch(/^501 /)
  })
})

describe('a refused command', () => {
  it('leaves the session where it was', () => {
    const say = session()
    expect(say('MAIL FROM:<ada')).toMatch(/^501 /)
    expect(say('MAIL FROM:<ada@client.example>')).toMatch(/^250 /)
    expect(say('RCPT TO:<bob')).toMatch(/^501 /)
    expect(say('DATA')).toMatch(/^503 /)
    expect(say('EHLO')).toMatch(/^501 /)
    expect(say('RCPT TO:<bob@mx.example>')).toMatch(/^250 /)
    expect(say('MAIL FROM:<eve@client.example>')).toMatch(/^503 /)
    expect(say('DATA')).toMatch(/^354 /)
  })

  it('closes no session: unknown ones are answered 500, one by one', () => {
    const say = session()
    for (let at = 0; at < 10; at++) expect(say(`WHAT${at}`)).toMatch(/^500 /)
    expect(say('NOOP')).toMatch(/^250 /)
  })
})
