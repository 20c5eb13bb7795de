import { type DateTime, parseDate } from '../date/parse.ts'
import { asciiLower } from '../octets.ts'
import { Cursor, OPEN, QUOTE, type TokenFault } from '../syntax/cursor.ts'
import { type Parsed, parsed } from '../syntax/parsed.ts'
import { addressIn, reverseNameIn } from './host.ts'
import type { Received, ReceivedHost } from './received.ts'

/** Why a text is no Received field's: a broken token, or neither a clause nor a date. */
export type ReceivedFault = TokenFault | 'nothing-known'

/**
 * Reads the body of a Received field, strictly formed or as real hosts write them.
 *
 * ```abnf
 * Stamp = From-domain By-domain Opt-info [CFWS] ";" FWS date-time
 * ```
 * A clause is its keyword, the words up to the next keyword, and the comments among them. The first clause of a kind
 * counts. What cannot be read as a date is no date.
 *
 * @rfc 5321 4.4
 */
export function parseReceived(text: string): Parsed<Received, ReceivedFault> {
  const cursor = new Cursor(text)
  const clauses = readClauses(cursor)
  if (clauses === undefined) return cursor.fault ?? { kind: 'fault', fault: 'unexpected', at: cursor.at }
  const date = readDate(cursor)
  if (clauses.size === 0 && date === undefined) return { kind: 'fault', fault: 'nothing-known', at: 0 }
  const words = (keyword: Keyword): string | undefined => clauses.get(keyword)?.words
  const path = words('for')
  return parsed(
    {
      from: host(clauses.get('from')),
      by: host(clauses.get('by')),
      via: words('via'),
      with: words('with'),
      id: words('id'),
      for: path?.startsWith('<') && path.endsWith('>') ? path.slice(1, -1) : path,
      date,
    },
    cursor.notes,
  )
}

type Keyword = (typeof ORDER)[number]

interface Clause {
  words: string
  readonly comments: string[]
}

/** Reads up to the semicolon of the date, or the end. */
function readClauses(cursor: Cursor): Map<Keyword, Clause> | undefined {
  const clauses = new Map<Keyword, Clause>()
  let clause: Clause | undefined
  let last = -1
  for (;;) {
    cursor.skipFws()
    if (cursor.atEnd() || cursor.code() === SEMICOLON) break
    if (cursor.code() === OPEN) {
      if (!cursor.skipCfws()) return undefined
      continue
    }
    const word = readWord(cursor)
    if (word === undefined) return undefined
    const place = ORDER.indexOf(asciiLower(word) as Keyword)
    // Straight behind its keyword a word is a value, whatever it says.
    const isValue = clause !== undefined && clause.words === '' && clause.comments.length === 0
    if (place === -1 || isValue) {
      if (clause === undefined || clause.words !== '') cursor.note('stray-words')
      if (clause !== undefined) clause.words += clause.words === '' ? word : ` ${word}`
      continue
    }
    if (place <= last) cursor.note('clause-order')
    last = Math.max(last, place)
    clause = { words: '', comments: [] }
    cursor.comments = clause.comments
    const keyword = ORDER[place] as Keyword
    if (!clauses.has(keyword)) clauses.set(keyword, clause)
  }
  if (!clauses.has('from') || !clauses.has('by')) cursor.note('clause-order')
  return clauses
}

/** A run of anything but white space, comments and semicolons; quoted-strings whole, with their quotes. */
function readWord(cursor: Cursor): string | undefined {
  const start = cursor.at
  for (;;) {
    const code = cursor.code()
    if (code === QUOTE) {
      if (cursor.quotedString() === undefined) return undefined
    } else if (code <= 0x20 || code === OPEN || code === SEMICOLON || cursor.atEnd()) {
      if (cursor.at > start) return cursor.text.slice(start, cursor.at)
      cursor.fail('control')
      return undefined
    } else cursor.at += 1
  }
}

function readDate(cursor: Cursor): DateTime | undefined {
  const date = cursor.atEnd() ? undefined : parseDate(cursor.text.slice(cursor.at + 1))
  if (date?.kind === 'value') {
    for (const leniency of date.leniency) cursor.note(leniency)
    return date.value
  }
  cursor.note('no-date')
  return undefined
}

function host(clause: Clause | undefined): ReceivedHost | undefined {
  if (clause === undefined) return undefined
  const { words: name, comments } = clause
  return { name, address: addressIn(name, comments), reverseName: reverseNameIn(comments), comments }
}

const ORDER = ['from', 'by', 'via', 'with', 'id', 'for'] as const
const SEMICOLON = 0x3b
