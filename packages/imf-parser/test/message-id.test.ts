import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMessageId, parseMessageId, parseMessageIds } from '../src/index.ts'
import { vectors } from './rig.ts'

interface IdVector {
  readonly text: string
  readonly ids?: readonly string[]
  readonly leniency?: readonly string[]
  readonly fault?: string
  readonly at?: number
}

describe.each(vectors<IdVector>('identifiers'))('identifiers $text', ({ text, ids, leniency, fault, at }) => {
  it(fault === undefined ? 'are read' : `are refused: ${fault}`, () => {
    if (ids === undefined)
      expect(parseMessageIds(text)).toMatchObject({ kind: 'fault', fault, ...(at !== undefined && { at }) })
    else expect(parseMessageIds(text)).toEqual({ kind: 'value', value: ids, leniency: leniency ?? [] })
  })

  it('written again are the same', () => {
    for (const id of ids ?? []) expect(parseMessageIds(`<${id}>`)).toMatchObject({ kind: 'value', value: [id] })
  })
})

describe('Message-ID', () => {
  it('is one identifier', () => {
    expect(parseMessageId('<a@b.example>')).toEqual({ kind: 'value', value: 'a@b.example', leniency: [] })
    expect(parseMessageId('<a@b> <c@d>')).toMatchObject({ kind: 'fault', fault: 'several' })
    expect(parseMessageId('words')).toMatchObject({ kind: 'fault', fault: 'empty' })
  })
})

describe('formatMessageId', () => {
  it('puts an identifier in brackets, and refuses what is none', () => {
    expect(formatMessageId('a.b@c.example')).toBe('<a.b@c.example>')
    expect(formatMessageId('a@[192.0.2.1]')).toBe('<a@[192.0.2.1]>')
    for (const id of ['', 'a', 'a@', '@b', 'a@b@c', 'a..b@c', 'a b@c', '<a@b>', 'a@b>', 'a@b(c)'])
      expect(() => formatMessageId(id)).toThrowError(expect.objectContaining({ code: 'BAD_ADDRESS' }))
    expect(() => formatMessageId('a@b\r\nX: y')).toThrowError(expect.objectContaining({ code: 'UNSAFE_TEXT' }))
    expect(() => formatMessageId('\u00fc@b')).toThrowError(expect.objectContaining({ code: 'NOT_ASCII' }))
    expect(formatMessageId('\u00fc@b', { utf8: true })).toBe('<\u00fc@b>')
  })
})

describe('any text', () => {
  it('is read as identifiers that read again as themselves', () => {
    const soup = fc
      .array(fc.constantFrom('a', '.', '@', '<', '>', '(', ')', '[', '"', '\\', ',', ' ', '\r\n ', '\n', '\u00fc'), {
        maxLength: 25,
      })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(soup, (text) => {
        const result = parseMessageIds(text)
        if (result.kind === 'fault') return
        const brackets = result.value.map((id) => `<${id}>`).join(' ')
        if (brackets !== '') expect(parseMessageIds(brackets)).toMatchObject({ kind: 'value', value: result.value })
      }),
      { numRuns: 3000 },
    )
  })
})
