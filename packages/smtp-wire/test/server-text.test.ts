import { describe, expect, it } from 'vitest'
import { type AnyExtension, decodeUtf8, encodeUtf8, type Reply, reply, ServerSession, WireError } from '../src/index.ts'
import { smtputf8 } from './server-extensions.ts'

/** A session whose owner says this to RCPT; what it says to lines. */
function talk(toRcpt: Reply, extensions: readonly AnyExtension[] = [smtputf8]) {
  const session = new ServerSession({ hostname: 'mx.example', extensions, now: () => 0 })
  return (line: string): string => {
    if (line !== '') session.receive(encodeUtf8(`${line}\r\n`))
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      if (event.kind === 'greet') session.answer(event, reply(220, undefined, 'mx.example'))
      else if (event.kind === 'hello') session.answer(event, 'accept')
      else if (event.kind === 'mail') session.answer(event, reply(250, '1.0', 'Grüß Gott'))
      else if (event.kind === 'rcpt') session.answer(event, toRcpt as Reply<250>)
    }
    return decodeUtf8(session.takeOutput() ?? new Uint8Array(0)) ?? ''
  }
}

describe('text beyond ASCII in replies', () => {
  it.each([
    [reply(251, '1.6', 'Not local; will forward to <jörg@mx.example>'), /^250 [ -~]+\r\n$/],
    [reply(551, '1.6', 'Please try <jörg@mx.example>'), /^550 [ -~]+\r\n$/],
  ])('%j names an address only where the client takes UTF-8', (answer, unnamed) => {
    const say = talk(answer)
    say('')
    say('EHLO client.example')
    expect(say('MAIL FROM:<ada@client.example> SMTPUTF8')).toBe('250 Gr?? Gott\r\n')
    expect(say('RCPT TO:<bob@mx.example>')).toBe(`${answer.code} ${answer.text[0]}\r\n`)
    say('RSET')
    say('MAIL FROM:<ada@client.example>')
    expect(say('RCPT TO:<bob@mx.example>')).toMatch(unnamed)
  })

  it('is shown as question marks elsewhere', () => {
    const say = talk(reply(550, '1.1', 'Kein Postfach für 📭'))
    say('')
    say('EHLO client.example')
    say('MAIL FROM:<ada@client.example> SMTPUTF8')
    expect(say('RCPT TO:<bob@mx.example>')).toBe('550 Kein Postfach f?r ?\r\n')
  })
})

it.each(['HELP', 'HELP MAIL', 'EXPN staff'])('%s is not there where nothing names it', (line) => {
  const say = talk(reply(250, '1.5', 'OK'), [])
  say('')
  say('EHLO client.example')
  expect(say(line)).toMatch(/^502 /)
  expect(say('NOOP')).toMatch(/^250 /)
})

it('a host has a name in ASCII', () => {
  const make = () => new ServerSession({ hostname: 'müller.example', extensions: [], now: () => 0 })
  expect(make).toThrow(WireError)
})
