import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  explainReply,
  knownReplies,
  type ReplyCause,
  reply,
  replyCauses,
  replyClass,
  statusEntries,
} from '../src/index.ts'
import { causeOfCode, causeOfStatus } from '../src/reply/causes.ts'
import { hasShared, sharedFolder, vectors, withoutShared } from './codec-shared.ts'

interface Vector {
  readonly text: string
  readonly known?: string
  readonly cause: ReplyCause
  readonly status?: string
  readonly permanent?: boolean
  readonly contradictions?: readonly string[]
}

const cases = vectors<Vector>('explanations.json')

describe.each(cases)('$text', ({ text, known, cause, status, permanent, contradictions = [] }) => {
  it('means what is written down', () => {
    const told = explainReply(text)
    expect({ known: told?.known?.name, cause: told?.cause }).toEqual({ known, cause })
    if (status !== undefined) expect(told?.status?.status).toBe(status)
    expect(told?.contradictions).toEqual(contradictions)
    expect(told?.permanent).toBe(permanent ?? text.startsWith('5'))
    expect(told?.class).toBe(replyClass({ code: Number(text.slice(0, 3)), text: [''] }))
  })

  it('means the same when logs have joined its lines', () => {
    const told = explainReply(text)
    const again = explainReply(text.trimEnd().replace(/\r?\n/g, ' '))
    expect([again?.cause, again?.known]).toEqual([told?.cause, told?.known])
  })
})

describe('what is known', () => {
  it.each(knownReplies)('$name has a vector', ({ name }) => {
    expect(cases.some(({ known }) => known === name)).toBe(true)
  })

  it('stands once, in lower case and in bounds', () => {
    expect(new Set(knownReplies.map(({ name }) => name)).size).toBe(knownReplies.length)
    expect(knownReplies.length).toBeGreaterThan(60)
    for (const { phrases, codes } of knownReplies) {
      expect(codes.every((code) => /^[45]\d{0,2}$/.test(code))).toBe(true)
      for (const words of phrases.flat()) {
        expect(words).toBe(words.toLowerCase())
        expect(words.length).toBeGreaterThan(2)
      }
    }
  })

  it('every registered status but X.0.0 tells a cause', () => {
    for (const { detail } of statusEntries) expect(causeOfStatus.has(detail), detail).toBe(true)
    expect(causeOfStatus.size).toBe(statusEntries.length)
    for (const cause of [...causeOfStatus.values(), ...causeOfCode.values()])
      expect(replyCauses[cause], cause).toBeDefined()
  })

  it('is told in sentences', () => {
    for (const { meaning, advice } of Object.values(replyCauses))
      for (const sentence of [meaning, advice]) expect(sentence).toMatch(/^[A-Z].*\.$/)
    for (const { advice } of knownReplies) expect(advice ?? 'X.').toMatch(/^[A-Z].*\.$/)
  })
})

describe('an explanation', () => {
  it('has the registries, and the RFC each is from', () => {
    expect(explainReply('552 5.2.2 Sorry')).toMatchObject({
      class: 'permanent',
      code: { code: 552, rfc: 5321 },
      status: { subject: 'Mailbox', entry: { text: 'Mailbox full', rfc: 3463 } },
      cause: 'mailbox-full',
      known: undefined,
    })
  })

  it('of a reply of ours is the same', () => {
    const { cause, permanent, advice } = explainReply(reply(450, '2.2', 'Sorry'))
    expect([cause, permanent]).toEqual(['mailbox-full', false])
    expect(advice).toBe(replyCauses['mailbox-full'].advice)
  })

  it('of the reply a bare server gives for an address that is none names what to do', () => {
    const told = explainReply('553-5.1.3 The recipient address <a b@x> is not a valid\n553 5.1.3 RFC-5321 address.')
    expect(told?.advice).toMatch(/malformed/)
    expect(told?.known?.source).toBe('Gmail')
  })

  it.each(['', 'hello', '25', '250', '199 x', '600 x', '2500 x', '5.1.1 x', '\n'])('%j', (text) => {
    const told = explainReply(text)
    if (text === '250') expect(told?.cause).toBe('accepted')
    else expect(told).toBeUndefined()
  })

  it('never throws, and never quotes the peer', () => {
    const mark = '\u2603'
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom(...knownReplies.flatMap(({ phrases }) => phrases[0] ?? [])),
          ),
        ),
        fc.constantFrom(' ', '\n', '\r\n', '\r'),
        (code, words, seam) => {
          const told = explainReply(`${code} ${words.join(seam)}${mark}`)
          expect(`${told?.meaning}${told?.advice}`).not.toContain(mark)
        },
      ),
    )
  })

  it('looks at the beginning of a long text only', () => {
    expect(explainReply(`550 ${'x'.repeat(3_000)} greylisted`)?.cause).toBe('unknown')
    expect(explainReply(reply(550, '7.1', ...Array.from({ length: 500 }, () => 'x'.repeat(400))))?.cause).toBe('policy')
  })
})

describe(`third-party replies${withoutShared}`, () => {
  it.skipIf(!hasShared)('most of what servers said to Sisimai senders has a cause', () => {
    const folder = sharedFolder('sisimai')
    let seen = 0
    let untold = 0
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      const text = readFileSync(`${file.parentPath}/${file.name}`, 'utf8')
      for (const [, said = ''] of text.matchAll(/^Diagnostic-Code: *smtp; *([45]\d\d[ -].*(?:\r?\n[ \t].*)*)$/gim)) {
        seen += 1
        const told = explainReply(said.replace(/\r?\n[ \t]+/g, ' '))
        if (told === undefined || told.cause === 'unknown') untold += 1
      }
    }
    expect(seen).toBeGreaterThan(50)
    expect(untold / seen).toBeLessThan(0.05)
  })
})
