import { describe, expect, it } from 'vitest'
import { createContentSurvey, reencode } from '../src/transfer.ts'
import { decodedParts } from './decode.ts'
import { characters, hasShared, octets, sharedOctets, sharedTree, unlessShared } from './rig.ts'

// Real mail, and what other projects take for it.
describe.skipIf(!hasShared)(`real messages, re-encoded${unlessShared}`, () => {
  const notMail = /\.(json|md|xml|py|go|js|ts|pl)$/
  const files = hasShared ? ['corpus-bench/messages', 'vectors'].flatMap(sharedTree) : []
  const messages = files
    .filter((file) => !notMail.test(file))
    .map((file) => ({ file, text: characters(sharedOctets(file)) }))
    .filter(({ text }) => /^(From |[A-Za-z-]+ ?:)/.test(text))
    .map(({ file, text }) => ({ file, content: octets(text.replace(/\r\n|\r|\n/g, '\r\n')) }))

  it.each(['7bit', '8bit'] as const)('fit into %s, or it is said why not, and every part is what it was', (to) => {
    const found = { same: 0, changed: 0, impossible: 0 }
    for (const { file, content } of messages) {
      const answer = reencode(content, to)
      const survey = createContentSurvey()
      for (let at = 0; at < content.length; at += 5000) survey.push(content.subarray(at, at + 5000))
      const { domain, eightBitHeader, eightBitPartHeader } = survey.finish()
      if (answer.kind === 'impossible') {
        if (answer.because === 'eight-bit-header') expect([eightBitHeader, eightBitPartHeader], file).toContain(true)
        found.impossible += 1
        continue
      }
      if (to === '7bit') expect([eightBitHeader, eightBitPartHeader], file).toEqual([false, false])
      if (domain === '7bit' || domain === to) {
        expect(answer.pieces[0], file).toBe(content)
        found.same += 1
        continue
      }
      expect(answer.changes, file).not.toEqual([])
      found.changed += 1
      const text = answer.pieces.map(characters).join('')
      expect(text, file).toMatch(to === '7bit' ? /^(?:[^\r\n\0\x80-\xff]|\r\n)*$/ : /^(?:[^\r\n\0]|\r\n)*$/)
      expect(Math.max(...text.split('\r\n').map(({ length }) => length)), file).toBeLessThanOrEqual(998)
      expect(decodedParts(octets(text)), file).toEqual(decodedParts(content))
    }
    expect(found.same).toBeGreaterThan(1400)
    expect(found.changed).toBeGreaterThanOrEqual(to === '7bit' ? 70 : 10)
    // Nearly all for a header that needs SMTPUTF8.
    expect(found.impossible).toBeLessThanOrEqual(to === '7bit' ? 65 : 6)
  })
})
