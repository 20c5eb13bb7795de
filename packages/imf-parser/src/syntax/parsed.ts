/**
 * What a parser of field bodies answers: a value, or the name of what is wrong. Parsers take the whole text, folded or
 * unfolded, never throw for it, and need time linear in its length.
 */
export type Parsed<T, F extends string = string> = ParsedValue<T> | SyntaxFault<F>

/** The text was understood. */
export interface ParsedValue<T> {
  readonly kind: 'value'
  readonly value: T
  /** Forms used that must not be written today but must be read; empty for text in the strict syntax. */
  readonly leniency: readonly Leniency[]
}

/** The text has no meaning the grammar knows. `at` is where it went wrong, in UTF-16 units. */
export interface SyntaxFault<F extends string = string> {
  readonly kind: 'fault'
  readonly fault: F
  readonly at: number
}

/** A form beyond the strict syntax of RFC 5322 section 3 that was understood all the same. @rfc 5322 4 */
export type Leniency =
  /** Two line ends of folding with only white space between. */
  | 'obsolete-folding'
  /** A control in a comment or quoted-string. */
  | 'obsolete-control'
  /** A C1 control, or octets that were not UTF-8, where no address is made of them. */
  | 'odd-character'
  /** A dot in a display name, outside quotes. */
  | 'dot-in-phrase'
  /** A source route, which was dropped. */
  | 'route'
  /** A local-part of words and dots in place of one dot-atom or quoted-string. */
  | 'local-part-words'
  /** White space or comments around the dots of a domain. */
  | 'spaced-domain'
  /** A quoted-pair in a domain literal. */
  | 'quoted-pair-in-literal'
  /** A list element with nothing in it. */
  | 'empty-element'
  /** Words between identifiers, which were dropped. */
  | 'phrase-between-identifiers'
  /** An identifier that is not `left@right`, or is spaced. */
  | 'loose-identifier'
  /** A year of two or three digits. */
  | 'short-year'
  /** A zone by name. */
  | 'named-zone'
  /** White space or comments where a date may have none, or none where it must. */
  | 'spaced-date'
  /** One digit for hour, minute or second. */
  | 'one-digit-time'
  /** A day of the week that is not the date's. */
  | 'wrong-day-of-week'
  /** A Received field without a date, or with one that cannot be read. */
  | 'no-date'
  /** Clauses of a Received field missing, repeated or out of order. */
  | 'clause-order'
  /** Words of a Received field beside its clauses. */
  | 'stray-words'

const names: readonly Leniency[] = [
  'obsolete-folding',
  'obsolete-control',
  'odd-character',
  'dot-in-phrase',
  'route',
  'local-part-words',
  'spaced-domain',
  'quoted-pair-in-literal',
  'empty-element',
  'phrase-between-identifiers',
  'loose-identifier',
  'short-year',
  'named-zone',
  'spaced-date',
  'one-digit-time',
  'wrong-day-of-week',
  'no-date',
  'clause-order',
  'stray-words',
]

/** The bit of a leniency in a parser's notes. */
export const bit = (name: Leniency): number => 1 << names.indexOf(name)

/** Builds a {@link ParsedValue}. */
export function parsed<T>(value: T, notes: number): ParsedValue<T> {
  return { kind: 'value', value, leniency: notes === 0 ? strict : names.filter((_, i) => (notes & (1 << i)) !== 0) }
}

const strict: readonly Leniency[] = Object.freeze([])
