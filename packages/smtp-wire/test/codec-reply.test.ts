import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reply } from '../src/index.ts'
import { formatReply, readReply, reply, replyClass, WireError } from '../src/index.ts'
import { hasShared, sharedFolder, toOctets, toText, vectors, withoutShared } from './codec-shared.ts'

describe.each(vectors<{ wire: string; reply?: Reply; rest?: string; fault?: string }>('replies.json'))(
  'reply $wire',
  ({ wire, reply, rest = '', fault }) => {
    const octets = toOctets(wire)
    const decidedAt = octets.length - rest.length

    it('is read as written down', () => {
      if (reply === undefined) expect(readReply(octets)).toMatchObject({ kind: 'fault', fault })
      else expect(readReply(octets)).toEqual({ kind: 'item', value: reply, consumed: decidedAt })
    })

    it('is not decided otherwise at any earlier cut', () => {
      for (let end = 0; end < decidedAt; end++) {
        const step = readReply(octets.subarray(0, end))
        if (step.kind !== 'need-more') expect(step).toMatchObject({ kind: 'fault', fault })
      }
    })

    if (reply === undefined) return
    it('is written so that it reads the same', () => {
      // Escapes of odd octets are text now, and stay.
      const again = readReply(formatReply(reply, reply.status !== undefined))
      expect(again).toMatchObject({ kind: 'item', value: { code: reply.code } })
      // Lines that were too long are folded.
      if (again.kind === 'item') expect(again.value.text.join('')).toBe(reply.text.join(''))
    })
  },
)

describe('writing replies', () => {
  const text = (of: Reply, enhanced = false): string => toText(formatReply(of, enhanced))

  it.each([
    [reply(250, undefined), '250 \r\n', '250 2.0.0 \r\n'],
    [reply(250, '1.5', 'OK'), '250 OK\r\n', '250 2.1.5 OK\r\n'],
    [
      reply(550, '1.1', 'No', 'such', 'user'),
      '550-No\r\n550-such\r\n550 user\r\n',
      '550-5.1.1 No\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n',
    ],
    [reply(450, undefined, 'Later'), '450 Later\r\n', '450 4.0.0 Later\r\n'],
    [reply(354, undefined, 'Go on'), '354 Go on\r\n', '354 Go on\r\n'],
    [reply(334, undefined, 'VXNlcjo='), '334 VXNlcjo=\r\n', '334 VXNlcjo=\r\n'],
    [reply(334, undefined, 'x'.repeat(5000)), `334 ${'x'.repeat(5000)}\r\n`, `334 ${'x'.repeat(5000)}\r\n`],
  ])('%o', (of, plain, enhanced) => {
    expect(text(of)).toBe(plain)
    expect(text(of, true)).toBe(enhanced)
    expect(formatReply(of, true)).toBe(formatReply(of, true))
  })

  it('no line is longer than 512 octets, and nothing is lost or cut inside a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 1_000 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (lines, enhanced) => {
          let of: Reply
          try {
            of = reply(550, '7.1', ...lines)
          } catch (error) {
            expect(WireError.is(error, 'UNSAFE_TEXT')).toBe(true)
            return
          }
          const octets = formatReply(of, enhanced)
          for (const line of toText(octets).split('\r\n').slice(0, -1)) expect(line.length + 2).toBeLessThanOrEqual(512)
          const step = readReply(octets)
          expect(step.kind).toBe('item')
          if (step.kind === 'item')
            expect(step.value.text.join('')).toBe(lines.join('').replace(/[\ud800-\udfff]/gu, '\ufffd'))
        },
      ),
    )
  })

  it.each(['a\r\nb', 'a\nb', '\0', '\x1b[31m', '\x7f', '\x85'])('refuses text that would break out: %j', (line) => {
    expect(() => reply(250, undefined, line)).toThrow(WireError)
  })

  it.each(['1', '1.', '.1', '1.1.1', '01.1', '1.1234', 'a.b', '5.1.1'])(
    'refuses %j as the end of a status',
    (detail) => {
      expect(() => reply(550, detail as never, 'x')).toThrow(WireError)
    },
  )

  it('derives everything from the first digit', () => {
    expect([250, 354, 450, 550].map((code) => replyClass({ code, text: [''] }))).toEqual([
      'positive',
      'intermediate',
      'transient',
      'permanent',
    ])
  })
})

it('a challenge may be as long as RFC 4954 has it, other lines may not', () => {
  const line = (code: number, octets: number) => toOctets(`${code} ${'x'.repeat(octets - 6)}\r\n`)
  for (const cut of [0, 5]) {
    const read = (octets: Uint8Array) => readReply(octets.subarray(0, octets.length - cut)).kind
    expect(read(line(334, 12_288))).toBe(cut === 0 ? 'item' : 'need-more')
    expect(read(line(334, 12_300))).toBe('fault')
    expect(read(line(250, 2_060))).toBe('fault')
  }
})

describe(`third-party replies${withoutShared}`, () => {
  it.skipIf(!hasShared)('MailKit: every file is whole replies to its end', () => {
    const folder = sharedFolder('mailkit-smtp')
    const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
    expect(files.length).toBeGreaterThan(10)
    for (const file of files) {
      let rest = toOctets(readFileSync(`${folder}/${file}`, 'latin1').replace(/\r?\n/g, '\r\n'))
      while (rest.length > 0) {
        const step = readReply(rest)
        expect(step.kind, file).toBe('item')
        if (step.kind !== 'item') return
        rest = rest.subarray(step.consumed)
      }
    }
  })

  it.skipIf(!hasShared)('Exim: every reply in its transcripts can be read', () => {
    const folder = sharedFolder('exim-scripts/stdout')
    let seen = 0
    for (const file of readdirSync(folder))
      for (const [, line = ''] of readFileSync(`${folder}/${file}`, 'latin1').matchAll(/^<<< (\d{3}[ -].*)$/gm)) {
        seen += 1
        // Lines stand alone here; the last of a reply is what can be read by itself.
        const step = readReply(toOctets(`${line}\r\n`))
        expect(step.kind, `${file}: ${line}`).toBe(line[3] === '-' ? 'need-more' : 'item')
      }
    expect(seen).toBeGreaterThan(500)
  })
})
