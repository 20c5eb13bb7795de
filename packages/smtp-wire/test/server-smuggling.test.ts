import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toOctets } from './codec-shared.ts'
import { enhanced, pipelining } from './server-extensions.ts'
import { Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

const { before, dots, after } = JSON.parse(
  readFileSync(new URL('../vectors/smuggling.json', import.meta.url), 'utf8'),
) as Record<'before' | 'dots' | 'after', string[]>

const second = 'MAIL FROM:<mallory@x.example>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\nhidden\r\n.\r\n'

/** What a session tells of a message with a second transaction behind a look-alike of its end. */
function told(alike: string, at: number | undefined, bareLineEnds: 'refuse' | 'repair'): readonly string[] {
  const rig = new Rig({ decide: usual, extensions: [pipelining, enhanced], bareLineEnds })
  rig.run()
  for (const line of ['EHLO c.example', 'MAIL FROM:<ada@x.example>', 'RCPT TO:<bob@mx.example>', 'DATA'])
    rig.feed([toOctets(`${line}\r\n`)])
  const octets = toOctets(`Subject: x\r\n\r\nvisible${alike}${second}`)
  rig.feed(at === undefined ? [octets] : [octets.subarray(0, at), octets.subarray(at)])
  return rig.events()
}

describe.each(['refuse', 'repair'] as const)('a second message behind a look-alike of the end (%s)', (bareLineEnds) => {
  it.each(before)('%j in front of the dot', (front) => {
    for (const dot of dots)
      for (const back of after) {
        const alike = `${front}${dot}${back}`
        const isEnd = alike.includes('\r\n.\r\n')
        const whole = told(alike, undefined, bareLineEnds)
        // Behind a true end the rest is commands, and DATA among them comes too early.
        const senders = whole.filter((event) => event.startsWith('mail '))
        expect(senders.length, JSON.stringify(alike)).toBe(isEnd ? 2 : 1)
        expect(whole.filter((event) => event.startsWith('data-end')).length).toBeLessThanOrEqual(1)
        if (isEnd) continue
        for (let at = 20; at < 24 + alike.length; at++) expect(told(alike, at, bareLineEnds)).toEqual(whole)
      }
  })
})
