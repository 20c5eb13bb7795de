import { type ComposeOptions, checkText, isAscii } from '../compose/text.ts'
import { ImfError } from '../error.ts'
import { isDomainLiteral, isDotAtom } from '../syntax/characters.ts'
import { Cursor, QUOTE, type TokenFault } from '../syntax/cursor.ts'
import { type Parsed, parsed } from '../syntax/parsed.ts'

/** Why a text is no message identifier or list of them. */
export type MessageIdFault = TokenFault | 'empty' | 'bad-identifier' | 'unterminated-identifier' | 'several'

/**
 * Reads the body of Message-ID, Content-ID, Resent-Message-ID: one identifier, without its angle brackets, white space
 * and comments. Two identifiers are the same when their octets are.
 *
 * @rfc 5322 3.6.4
 */
export function parseMessageId(text: string): Parsed<string, MessageIdFault> {
  const list = parseMessageIds(text)
  if (list.kind === 'fault') return list
  const [id, second] = list.value
  if (id === undefined) return { kind: 'fault', fault: 'empty', at: 0 }
  if (second !== undefined) return { kind: 'fault', fault: 'several', at: text.length }
  return { kind: 'value', value: id, leniency: list.leniency }
}

/**
 * Reads the body of References or In-Reply-To. Words are dropped and noted, as section 4.5.4 asks;
 * words alone make an empty list.
 *
 * ```abnf
 * msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
 * ```
 * @rfc 5322 3.6.4
 * @rfc 5322 4.5.4
 */
export function parseMessageIds(text: string): Parsed<readonly string[], MessageIdFault> {
  const cursor = new Cursor<MessageIdFault>(text)
  const ids = readIds(cursor)
  return ids === undefined ? (cursor.fault ?? { kind: 'fault', fault: 'empty', at: 0 }) : parsed(ids, cursor.notes)
}

function readIds(cursor: Cursor<MessageIdFault>): string[] | undefined {
  const ids: string[] = []
  let words = false
  for (;;) {
    if (!cursor.skipCfws()) return undefined
    if (cursor.atEnd()) return ids.length > 0 || words ? ids : undefined
    const start = cursor.at
    if (cursor.take(LESS)) {
      const id = readId(cursor, start)
      if (id === undefined) return undefined
      ids.push(id)
    } else {
      // Words of a phrase; real ones hold commas and worse.
      cursor.note('phrase-between-identifiers')
      words = true
      if (cursor.code() === QUOTE) {
        if (cursor.quotedString() === undefined) return undefined
      } else if (cursor.code() > 0x20 && cursor.code() !== DEL) cursor.at += 1
      else return fail(cursor, 'control')
    }
  }
}

function readId(cursor: Cursor<MessageIdFault>, start: number): string | undefined {
  let id = ''
  const inside = cursor.at
  for (;;) {
    if (!cursor.skipCfws()) return undefined
    const from = cursor.at
    if (cursor.take(GREATER)) {
      if (id === '') return fail(cursor, 'bad-identifier', start)
      // Obsolete identifiers are spaced as obsolete addresses are; real ones hold what no grammar knows.
      if (from !== inside + id.length || !isStrict(id)) cursor.note('loose-identifier')
      return id
    }
    if (cursor.code() === QUOTE) {
      if (cursor.quotedString() === undefined) return undefined
    } else if (cursor.skipAtoms() === 0) {
      const code = cursor.code()
      if (cursor.atEnd()) return fail(cursor, 'unterminated-identifier', start)
      if (code <= 0x20 || code >= DEL || code === LESS) return fail(cursor, 'bad-identifier')
      cursor.at += 1
    }
    id += cursor.text.slice(from, cursor.at)
  }
}

/** `id-left "@" id-right`, both without white space. */
function isStrict(id: string): boolean {
  const at = id.indexOf('@')
  const right = id.slice(at + 1)
  return isDotAtom(id.slice(0, Math.max(at, 0))) && (isDotAtom(right) || isDomainLiteral(right))
}

function fail(cursor: Cursor<MessageIdFault>, fault: MessageIdFault, at?: number): undefined {
  cursor.fail(fault, at)
  return undefined
}

/**
 * An identifier in its angle brackets.
 *
 * @throws ImfError BAD_ADDRESS when it is not `id-left@id-right`; UNSAFE_TEXT, NOT_ASCII
 * @rfc 5322 3.6.4
 */
export function formatMessageId(id: string, options: ComposeOptions = {}): string {
  checkText(id, 'message identifier')
  if (!options.utf8 && !isAscii(id))
    throw new ImfError('NOT_ASCII', 'a message identifier is not ASCII', { where: 'message identifier' })
  if (!isStrict(id)) throw new ImfError('BAD_ADDRESS', 'not a message identifier', { address: id })
  return `<${id}>`
}

const DEL = 0x7f
const LESS = 0x3c
const GREATER = 0x3e
