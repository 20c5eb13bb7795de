import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command, CommandFault } from '../src/index.ts'
import { addressLimits, decodeUtf8, formatCommand, parseCommand, WireError } from '../src/index.ts'
import { vectors } from './codec-shared.ts'

interface Vector {
  readonly line: string
  readonly utf8?: boolean
  readonly oneWay?: boolean
  readonly command?: Command
  readonly fault?: CommandFault
  readonly verb?: string
}

/** JSON has no `undefined`. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

const written = (command: Command): string => (decodeUtf8(formatCommand(command)) ?? '').slice(0, -2)

describe.each(vectors<Vector>('commands.json'))(
  'command $line',
  ({ line, utf8 = false, oneWay, command, fault, verb }) => {
    const limits = { ...addressLimits, utf8 }

    it('is read as written down', () => {
      expect(plain(parseCommand(line, limits))).toEqual(command ?? { kind: 'fault', fault, verb })
    })

    if (command === undefined || oneWay === true) return
    it('is written so that it reads the same', () => {
      const parsed = parseCommand(line, limits)
      expect(parsed.kind).not.toBe('fault')
      expect(parseCommand(written(parsed as Command), limits)).toEqual(parsed)
    })
  },
)

describe('commands that cannot be written', () => {
  const mailbox = (localPart: string) => ({ kind: 'mailbox', localPart, domain: 'b.example' }) as never
  it.each<[string, Command]>([
    ['a line break in an argument', { kind: 'noop', argument: 'a\r\nQUIT' }],
    ['a line break in a hello', { kind: 'hello', verb: 'EHLO', name: 'a\r\nb' }],
    ['two words in a hello', { kind: 'hello', verb: 'EHLO', name: 'a b' }],
    ['no hello name', { kind: 'hello', verb: 'EHLO', name: '' }],
    ['NUL in an address', { kind: 'mail', reversePath: mailbox('a\0'), parameters: [] }],
    ['C1 control in an address', { kind: 'mail', reversePath: mailbox('a\x85'), parameters: [] }],
    ['a blank in a value', { kind: 'mail', reversePath: { kind: 'null' }, parameters: [['X', 'a b']] }],
    ['an equals sign in a value', { kind: 'mail', reversePath: { kind: 'null' }, parameters: [['X', 'a=b']] }],
    ['an empty value', { kind: 'mail', reversePath: { kind: 'null' }, parameters: [['X', '']] }],
    ['a blank in a keyword', { kind: 'rcpt', forwardPath: { kind: 'postmaster' }, parameters: [['X Y', undefined]] }],
    ['a verb of two words', { kind: 'other', verb: 'A B', argument: '' }],
    ['an empty verb', { kind: 'other', verb: '', argument: '' }],
  ])('%s', (_, command) => {
    let caught: unknown
    try {
      formatCommand(command)
    } catch (error) {
      caught = error
    }
    expect(WireError.is(caught, 'UNSAFE_TEXT')).toBe(true)
  })
})

describe('any text', () => {
  const limits = fc.constantFrom(addressLimits, { ...addressLimits, utf8: true })
  const word = fc.constantFrom(
    'MAIL',
    'FROM:',
    'RCPT',
    'TO:',
    ' ',
    '<',
    '>',
    '@',
    '"',
    '\\',
    ':',
    ',',
    '=',
    'a',
    '.',
    '[',
    ']',
    'é',
    '\t',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word).map((words) => words.join('')),
  )

  it('is a command or a fault, and a command that can be written reads back the same', () => {
    fc.assert(
      fc.property(text, limits, (line, rules) => {
        const parsed = parseCommand(line, rules)
        if (parsed.kind === 'fault') return
        let again: string
        try {
          again = written(parsed)
        } catch (error) {
          expect(WireError.is(error, 'UNSAFE_TEXT')).toBe(true)
          return
        }
        // Blanks inside an argument that begins or ends with them are the only thing that may get lost.
        expect(parseCommand(again, rules)).toEqual(parsed)
      }),
      { numRuns: 2_000 },
    )
  })
})
