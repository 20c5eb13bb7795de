/** Longest name on the wire, with its length octets and the root's. */
const maxNameOctets = 255
const maxLabelOctets = 63
/** A name has at most 127 labels, so no honest name needs more pointers. */
const maxPointers = 127

const BACKSLASH = 0x5c
const DOT = 0x2e

/**
 * The normal form of a domain name: ASCII lower case, no dot at the end, `.` for the root.
 *
 * Octets that are not printable are written `\DDD`, a dot or backslash inside a label `\.` and `\\`; the same
 * form is read. Undefined when no such name can exist: an empty or long label, more than 255 octets, a character
 * above ASCII (turn a U-label into its A-label first).
 *
 * @rfc 1035 2.3.4, 5.1
 * @rfc 4343 2.1, 3
 */
export function normalName(text: string): string | undefined {
  if (isPlain(text)) return text
  const wire = wireName(text)
  return wire === undefined ? undefined : readName(wire, 0)?.name
}

/** True when `text` is in normal form already and needs no escapes: the common case, without an allocation. */
function isPlain(text: string): boolean {
  if (text.length === 0 || text.length > maxNameOctets - 2) return false
  let label = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === DOT) {
      if (label === 0) return false
      label = 0
      continue
    }
    const plain = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f
    if (!plain || ++label > maxLabelOctets) return false
  }
  return label > 0
}

/**
 * A name as it goes on the wire, uncompressed, letters in the case they were given.
 * The buffer is the caller's. Undefined as for {@link normalName}.
 *
 * @rfc 1035 3.1
 */
export function wireName(text: string): Uint8Array | undefined {
  if (text === '.' || text === '') return text === '.' ? new Uint8Array(1) : undefined
  const wire = new Uint8Array(maxNameOctets)
  let start = 0
  let end = 1
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at)
    if (code === DOT) {
      if (!closeLabel(wire, start, end)) return undefined
      start = end++
      continue
    }
    if (code === BACKSLASH) {
      const escaped = readEscape(text, at)
      if (escaped === undefined) return undefined
      code = escaped.octet
      at += escaped.length - 1
    } else if (code > 0x7f) return undefined
    // One octet stays free for the root.
    if (end >= maxNameOctets - 1) return undefined
    wire[end++] = code
  }
  // After a dot at the end the label that was begun is the root's.
  if (end === start + 1) return wire.slice(0, end)
  return closeLabel(wire, start, end) ? wire.slice(0, end + 1) : undefined
}

function closeLabel(wire: Uint8Array, start: number, end: number): boolean {
  const length = end - start - 1
  if (length === 0 || length > maxLabelOctets) return false
  wire[start] = length
  return true
}

/** What a backslash at `at` stands for: three digits, or one character that is meant as it is. */
function readEscape(text: string, at: number): { octet: number; length: number } | undefined {
  const code = text.charCodeAt(at + 1)
  if (Number.isNaN(code) || code > 0x7f) return undefined
  const first = digit(text, at + 1)
  if (first === undefined) return { octet: code, length: 2 }
  const second = digit(text, at + 2)
  const third = digit(text, at + 3)
  if (second === undefined || third === undefined) return undefined
  const octet = first * 100 + second * 10 + third
  return octet > 0xff ? undefined : { octet, length: 4 }
}

function digit(text: string, at: number): number | undefined {
  const value = text.charCodeAt(at) - 0x30
  return value >= 0 && value <= 9 ? value : undefined
}

/** A name read from a message. */
export interface ReadName {
  /** In normal form. */
  readonly name: string
  /** Where reading goes on, behind the name or its first pointer. */
  readonly next: number
}

/**
 * Reads a name, following compression pointers. Each pointer must lead to before the labels it was met in, so
 * reading ends whatever the message holds. Undefined when the name is cut short, loops, or is too long.
 *
 * @rfc 1035 4.1.4
 */
export function readName(message: Uint8Array, start: number): ReadName | undefined {
  let at = start
  let next = -1
  let octets = 1
  let pointers = 0
  let lowest = start
  let name = ''
  for (;;) {
    const length = message[at]
    if (length === undefined) return undefined
    if (length === 0) return { name: name === '' ? '.' : name, next: next === -1 ? at + 1 : next }
    if (length < 0x40) {
      octets += length + 1
      if (octets > maxNameOctets || at + 1 + length > message.length) return undefined
      name += `${name === '' ? '' : '.'}${label(message, at + 1, at + 1 + length)}`
      at += 1 + length
      continue
    }
    const low = message[at + 1]
    // 01 and 10 are label types that never came into use.
    if (length < 0xc0 || low === undefined) return undefined
    if (next === -1) next = at + 2
    const target = ((length & 0x3f) << 8) | low
    if (target >= lowest || ++pointers > maxPointers) return undefined
    lowest = target
    at = target
  }
}

function label(message: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at++) {
    const octet = message[at] ?? 0
    if (octet === DOT || octet === BACKSLASH) text += `\\${String.fromCharCode(octet)}`
    else if (octet >= 0x41 && octet <= 0x5a) text += String.fromCharCode(octet + 0x20)
    else if (octet > 0x20 && octet < 0x7f) text += String.fromCharCode(octet)
    else text += `\\${octet < 10 ? '00' : octet < 100 ? '0' : ''}${octet}`
  }
  return text
}

/** The name without its first label; the root is its own parent. Both in normal form. */
export function parentOf(name: string): string {
  for (let at = 0; at < name.length - 1; at++) {
    if (name[at] === '\\') at++
    else if (name[at] === '.') return name.slice(at + 1)
  }
  return '.'
}

/** Whether a name is this zone or below it. Both in normal form. */
export function isWithin(name: string, zone: string): boolean {
  for (let at = name; at !== zone; at = parentOf(at)) if (at === '.') return false
  return true
}
