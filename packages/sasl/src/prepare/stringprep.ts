import { CodePoints } from './codepoints.ts'
import * as tables from './tables.ts'

const unassigned = new CodePoints(tables.unassigned)
const mappedToNothing = new CodePoints(tables.mappedToNothing)
const otherSpaces = new CodePoints(tables.otherSpaces)
const neverText = new CodePoints(tables.neverText)
const unfitForNames = new CodePoints(tables.unfitForNames)
const rightToLeft = new CodePoints(tables.rightToLeft)
const leftToRight = new CodePoints(tables.leftToRight)

/**
 * Prepares a user name or password that is compared with stored ones: code points unknown to Unicode 3.2 pass.
 *
 * @returns `undefined` for text that may be no name and no password. Empty text, or text of nothing but characters
 *   that are mapped to nothing, gives the empty string: most callers have to refuse that too.
 * @rfc 4013 2
 * @rfc 3454 7
 */
export function prepareQuery(text: string): string | undefined {
  return saslprep(text, true)
}

/**
 * Prepares a user name or password that is to be stored: code points unknown to Unicode 3.2 are refused.
 *
 * @returns `undefined` for text that may be no name and no password; the empty string as in {@link prepareQuery}.
 * @rfc 4013 2.5
 */
export function prepareStored(text: string): string | undefined {
  return saslprep(text, false)
}

function saslprep(text: string, allowUnassigned: boolean): string | undefined {
  if (isPrintableAscii(text)) return text
  let mapped = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (otherSpaces.has(code)) mapped += ' '
    else if (!mappedToNothing.has(code)) mapped += character
  }
  const normal = normalizeAsOf32(mapped)
  for (const character of normal) {
    const code = character.codePointAt(0) ?? 0
    if (neverText.has(code) || unfitForNames.has(code) || otherSpaces.has(code)) return undefined
    if (!allowUnassigned && unassigned.has(code)) return undefined
  }
  return directionsAgree(normal) ? normal : undefined
}

/**
 * Whether text suits the trace of ANONYMOUS, which is neither mapped nor normalised.
 * @rfc 4505 3
 */
export function isTrace(text: string): boolean {
  for (const character of text) if (neverText.has(character.codePointAt(0) ?? 0)) return false
  return directionsAgree(text)
}

/**
 * NFKC as Unicode 3.2 had it, which stringprep is bound to. Later versions changed nothing for the characters that
 * 3.2 knew, but for the five of Corrigendum 4, and gave mappings to others, which here stay as they are.
 *
 * @rfc 3454 4
 */
function normalizeAsOf32(text: string): string {
  let normal = ''
  let known = ''
  for (const character of text) {
    if (unassigned.has(character.codePointAt(0) ?? 0)) {
      normal += known.normalize('NFKC') + character
      known = ''
    } else known += CORRECTED_LATER.get(character) ?? character
  }
  return normal + known.normalize('NFKC')
}

/** Ideographs whose mapping Unicode 4.0 corrected, with that of 3.2. */
const CORRECTED_LATER: ReadonlyMap<string, string> = new Map([
  ['\u{2f868}', '\u{2136a}'],
  ['\u{2f874}', '\u5f33'],
  ['\u{2f91f}', '\u43ab'],
  ['\u{2f95f}', '\u7aae'],
  ['\u{2f9bf}', '\u4d57'],
])

/**
 * Text with right-to-left characters may have no left-to-right ones, and begins and ends with the former.
 * @rfc 3454 6
 */
function directionsAgree(text: string): boolean {
  let any = false
  let first = true
  let last = false
  let startsRight = false
  let left = false
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    last = rightToLeft.has(code)
    any ||= last
    left ||= leftToRight.has(code)
    if (first) startsRight = last
    first = false
  }
  return !any || (!left && startsRight && last)
}

function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}
