import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readOffers } from '../src/client/offers.ts'
import { ReplyInput } from '../src/client/reply-input.ts'
import { type ReplyFault, replyLimits } from '../src/reply/read-reply.ts'
import type { Reply } from '../src/reply/reply.ts'

const shared = process.env.ANGARIUM_SHARED ?? new URL('../../../../shared', import.meta.url).pathname
const folder = `${shared}/vectors/mailkit-smtp`
const present = existsSync(folder)
const why = present ? '' : ` (skipped: no ${folder})`

describe('offers', () => {
  it('are the keywords behind the first line, in any case, with their arguments', () => {
    const offers = offered('mx.test SIZE', 'size 1000', '8BITMIME', 'AUTH  PLAIN LOGIN ', 'x-mine a=b')
    expect([...offers]).toEqual([
      ['SIZE', ['1000']],
      ['8BITMIME', []],
      ['AUTH', ['PLAIN', 'LOGIN']],
      ['X-MINE', ['a=b']],
    ])
  })

  it('are not lines that hold no keyword, and the first of two counts', () => {
    const offers = offered('mx.test', '', ' SIZE', 'AUTH=LOGIN', '-X', 'ſIZE', '__proto__', 'SIZE 1', 'SIZE 2')
    expect([...offers]).toEqual([['SIZE', ['1']]])
  })

  it.skipIf(!present)(`of a large provider${why}`, () => {
    const [reply] = replies('comcast-ehlo+dsn.txt')
    expect([...readOffers(reply as Reply)]).toEqual([
      ['HELP', []],
      ['AUTH', ['LOGIN', 'PLAIN']],
      ['SIZE', ['36700160']],
      ['ENHANCEDSTATUSCODES', []],
      ['PIPELINING', []],
      ['DSN', []],
      ['8BITMIME', []],
      ['STARTTLS', []],
    ])
  })
})

describe('replies of real servers', () => {
  it.skipIf(!present)(`are read to their end, whole and octet by octet${why}`, () => {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
      const whole = replies(name)
      expect(whole.length, name).toBe(name.startsWith('pipelined-') ? 2 : 1)
      expect(replies(name, 1), name).toEqual(whole)
    }
  })
})

const offered = (...text: string[]): ReadonlyMap<string, readonly string[]> => readOffers({ code: 250, text })

/** The replies of one file, with CRLF; fed in pieces of `size`. */
function replies(name: string, size = Number.POSITIVE_INFINITY): readonly (Reply | ReplyFault)[] {
  const octets = Buffer.from(readFileSync(`${folder}/${name}`, 'utf8').replace(/\r?\n/g, '\r\n'))
  const input = new ReplyInput(replyLimits)
  const read: (Reply | ReplyFault)[] = []
  for (let at = 0; at < octets.length; at += size) {
    input.feed(octets.subarray(at, at + size))
    for (let step = input.next(); step.kind !== 'need-more'; step = input.next()) {
      if (step.kind === 'fault') return [...read, step.fault]
      read.push(step.value)
    }
  }
  expect(input.waiting, name).toBe(0)
  return read
}
