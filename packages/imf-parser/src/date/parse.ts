import { COLON, isDigit, sameAscii } from '../octets.ts'
import { Cursor, type TokenFault } from '../syntax/cursor.ts'
import { type Parsed, parsed } from '../syntax/parsed.ts'
import { DAYS, daysIn, MINUTE, MONTHS } from './calendar.ts'

/** A moment, and the local time it was written in. */
export interface DateTime {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly instant: number
  /** Minutes east of UTC; `undefined` when the writer's zone is not known (`-0000`, a zone by an unknown name). */
  readonly offset: number | undefined
}

/** Why a text is no date-time. */
export type DateFault =
  | TokenFault
  | 'empty'
  | 'bad-day-of-week'
  | 'bad-day'
  | 'bad-month'
  | 'bad-year'
  | 'bad-time'
  | 'bad-zone'

/**
 * Reads a date-time: Date, Resent-Date, the end of Received.
 *
 * ```abnf
 * date-time = [ day-of-week "," ] date time [CFWS]
 * ```
 * Reads the obsolete forms too, and says so. A date without a zone is a fault: it is no moment. Nothing is ever taken
 * from the present time. The second 60 counts as the next minute's first.
 *
 * @rfc 5322 3.3
 * @rfc 5322 4.3
 */
export function parseDate(text: string): Parsed<DateTime, DateFault> {
  const cursor = new Cursor<DateFault>(text)
  const value = readDate(cursor)
  return value === undefined ? (cursor.fault ?? { kind: 'fault', fault: 'empty', at: 0 }) : parsed(value, cursor.notes)
}

function readDate(cursor: Cursor<DateFault>): DateTime | undefined {
  if (!gap(cursor)) return undefined
  if (cursor.atEnd()) return fail(cursor, 'empty')
  let dayOfWeek = -1
  if (!isDigit(cursor.code())) {
    dayOfWeek = name(cursor, DAYS)
    if (dayOfWeek === -1) return fail(cursor, 'bad-day-of-week')
    if (cursor.code() !== COMMA) {
      cursor.note('spaced-date')
      if (!gap(cursor)) return undefined
    }
    if (!cursor.take(COMMA)) return fail(cursor, 'bad-day-of-week')
    if (!gap(cursor)) return undefined
  }
  const day = digits(cursor, 1, 2)
  if (day === undefined) return fail(cursor, 'bad-day')
  if (!parting(cursor)) return undefined
  const month = name(cursor, MONTHS)
  if (month === -1) return fail(cursor, 'bad-month')
  if (!parting(cursor)) return undefined
  const year = readYear(cursor)
  if (year === undefined) return fail(cursor, 'bad-year')
  if (day < 1 || day > daysIn(year, month)) return fail(cursor, 'bad-day')
  if (!parting(cursor)) return undefined
  const time = readTime(cursor)
  if (time === undefined) return fail(cursor, 'bad-time')
  const zone = readZone(cursor)
  if (zone === undefined) return fail(cursor, 'bad-zone')
  if (!cursor.skipCfws()) return undefined
  if (!cursor.atEnd()) return fail(cursor, 'unexpected')

  const midnight = Date.UTC(year, month, day)
  if (dayOfWeek !== -1 && new Date(midnight).getUTCDay() !== dayOfWeek) cursor.note('wrong-day-of-week')
  return { instant: midnight + time - (zone.offset ?? 0) * MINUTE, offset: zone.offset }
}

function fail(cursor: Cursor<DateFault>, fault: DateFault): undefined {
  cursor.fail(fault)
  return undefined
}

/** Passes white space; comments are obsolete here. */
function gap(cursor: Cursor<DateFault>): boolean {
  cursor.skipFws()
  if (cursor.code() !== OPEN) return true
  cursor.note('spaced-date')
  return cursor.skipCfws()
}

/** Passes white space that must be there today. */
function parting(cursor: Cursor<DateFault>): boolean {
  const before = cursor.at
  if (!gap(cursor)) return false
  if (cursor.at === before) cursor.note('spaced-date')
  return true
}

/** Reads three letters; answers with their place in the list. */
function name(cursor: Cursor<DateFault>, list: readonly string[]): number {
  const three = cursor.text.slice(cursor.at, cursor.at + 3)
  const index = list.findIndex((one) => sameAscii(one, three))
  if (index !== -1) cursor.at += 3
  return index
}

function digits(cursor: Cursor<DateFault>, least: number, most: number): number | undefined {
  const start = cursor.at
  let value = 0
  while (isDigit(cursor.code())) {
    if (cursor.at - start === most) return undefined
    value = value * 10 + cursor.code() - 0x30
    cursor.at += 1
  }
  return cursor.at - start < least ? undefined : value
}

/** @rfc 5322 4.3 */
function readYear(cursor: Cursor<DateFault>): number | undefined {
  const start = cursor.at
  const value = digits(cursor, 2, 4)
  if (value === undefined) return undefined
  const length = cursor.at - start
  if (length === 4) return value < 1900 ? undefined : value
  cursor.note('short-year')
  return length === 2 && value < 50 ? value + 2000 : value + 1900
}

/** Milliseconds since midnight. */
function readTime(cursor: Cursor<DateFault>): number | undefined {
  const hour = twoDigits(cursor)
  if (hour === undefined || hour > 23 || !colon(cursor)) return undefined
  const minute = twoDigits(cursor)
  if (minute === undefined || minute > 59) return undefined
  let second: number | undefined = 0
  const behind = cursor.at
  if (!gap(cursor)) return undefined
  if (cursor.take(COLON)) {
    if (cursor.at > behind + 1) cursor.note('spaced-date')
    if (!tightGap(cursor)) return undefined
    second = twoDigits(cursor)
    if (second === undefined || second > 60) return undefined
  } else cursor.at = behind
  return ((hour * 60 + minute) * 60 + second) * 1000
}

function twoDigits(cursor: Cursor<DateFault>): number | undefined {
  const start = cursor.at
  const value = digits(cursor, 1, 2)
  if (cursor.at - start === 1) cursor.note('one-digit-time')
  return value
}

function colon(cursor: Cursor<DateFault>): boolean {
  return tightGap(cursor) && cursor.take(COLON) && tightGap(cursor)
}

/** Passes what may stand here only in the obsolete syntax. */
function tightGap(cursor: Cursor<DateFault>): boolean {
  const before = cursor.at
  if (!cursor.skipCfws()) return false
  if (cursor.at > before) cursor.note('spaced-date')
  return true
}

interface Zone {
  readonly offset: number | undefined
}

function readZone(cursor: Cursor<DateFault>): Zone | undefined {
  const before = cursor.at
  if (!gap(cursor)) return undefined
  const sign = cursor.code()
  if (sign !== PLUS && sign !== MINUS) return readNamedZone(cursor)
  if (cursor.at === before) cursor.note('spaced-date')
  cursor.at += 1
  const value = digits(cursor, 4, 4)
  if (value === undefined || value % 100 > 59) return undefined
  const minutes = Math.floor(value / 100) * 60 + (value % 100)
  if (sign === PLUS) return { offset: minutes }
  return { offset: minutes === 0 ? undefined : -minutes }
}

/** Letters; those of North America and Universal Time have a meaning, the military ones have none. @rfc 5322 4.3 */
function readNamedZone(cursor: Cursor<DateFault>): Zone | undefined {
  const start = cursor.at
  while (isLetter(cursor.code())) cursor.at += 1
  const length = cursor.at - start
  if (length === 0 || length > 5) return undefined
  cursor.note('named-zone')
  const name = cursor.text.slice(start, cursor.at).toUpperCase()
  return { offset: NAMED_ZONES.get(name) }
}

const isLetter = (code: number): boolean => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)

const NAMED_ZONES: ReadonlyMap<string, number> = new Map([
  ['UT', 0],
  ['GMT', 0],
  ['EDT', -240],
  ['EST', -300],
  ['CDT', -300],
  ['CST', -360],
  ['MDT', -360],
  ['MST', -420],
  ['PDT', -420],
  ['PST', -480],
])

const COMMA = 0x2c
const OPEN = 0x28
const PLUS = 0x2b
const MINUS = 0x2d
