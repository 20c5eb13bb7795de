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

/**
 * A form beyond the strict syntax of RFC 5322 section 3 that was understood all the same.
 *
 * In addresses: a control character in a comment or quoted-string; a dot in a display name; a source route
 * (dropped); a local-part of words and dots in place of one dot-atom or quoted-string; white space or comments around
 * the dots of a domain; a quoted-pair in a domain literal; an empty list element.
 * In identifiers: phrases between identifiers (dropped); one that is not `left@right`, or is spaced.
 * In dates: a year of two or three digits; a zone by name; white space or comments where none may stand; one digit for
 * hour, minute or second; a day of the week that is not the date's.
 * In Received: no date, or none that can be read; clauses missing, repeated, out of order; words beside the clauses.
 * Anywhere: two line ends of folding with only white space between; a C1 control or octets that were not UTF-8.
 */
export type Leniency = (typeof names)[number]

const names = [
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
] as const

/** The bit of a leniency in a parser's notes. */
export const bit = (name: Leniency): number => 1 << names.indexOf(name)

/** Builds a {@link ParsedValue}. */
export function parsed<T>(value: T, notes: number): ParsedValue<T> {
  return { kind: 'value', value, leniency: notes === 0 ? strict : names.filter((_, i) => (notes & (1 << i)) !== 0) }
}

const strict: readonly Leniency[] = Object.freeze([])
