import { asciiLower, utf8Length } from '../octets.ts'
import { type Fault, fault, type Item, item } from '../step.ts'
import { parseDomain } from './domain.ts'
import { type AddressLimits, addressLimits, formatMailbox, type Mailbox, parseMailbox } from './mailbox.ts'

/** The null reverse-path: nobody wants to hear of this message's fate. @rfc 5321 4.5.5 */
export interface NullPath {
  readonly kind: 'null'
}

/** The bare word Postmaster, which every receiving host answers for. @rfc 5321 4.5.1 */
export interface PostmasterPath {
  readonly kind: 'postmaster'
}

/** What MAIL FROM names. */
export type ReversePath = NullPath | Mailbox
/** What RCPT TO names. */
export type ForwardPath = PostmasterPath | Mailbox

/** Why a path was not one. */
export type PathFault = 'path-syntax' | 'path-too-long'

/**
 * Reads a reverse-path from the front of an argument, up to and with its ">".
 *
 * ```abnf
 * Reverse-path = Path / "<>"
 * Path         = "<" [ A-d-l ":" ] Mailbox ">"
 * ```
 * A source route is checked and dropped, as section 4.1.1.3 allows. bis (draft-ietf-emailcore-rfc5321bis): source routes
 * are obsolete altogether; nothing changes here.
 *
 * @rfc 5321 4.1.2
 */
export function readReversePath(
  text: string,
  limits: AddressLimits = addressLimits,
): Item<ReversePath> | Fault<PathFault> {
  if (text.startsWith('<>')) return item<ReversePath>({ kind: 'null' }, 2)
  return readPath(text, limits)
}

/** Reads a forward-path, like {@link readReversePath}; `<Postmaster>` stands alone. @rfc 5321 4.1.2 */
export function readForwardPath(
  text: string,
  limits: AddressLimits = addressLimits,
): Item<ForwardPath> | Fault<PathFault> {
  if (asciiLower(text.slice(0, 12)) === '<postmaster>') return item<ForwardPath>({ kind: 'postmaster' }, 12)
  return readPath(text, limits)
}

/** A path as it goes on the wire, with its brackets. */
export function formatPath(path: ReversePath | ForwardPath): string {
  switch (path.kind) {
    case 'null':
      return '<>'
    case 'postmaster':
      return '<Postmaster>'
    case 'mailbox':
      return `<${formatMailbox(path)}>`
  }
}

function readPath(text: string, limits: AddressLimits): Item<Mailbox> | Fault<PathFault> {
  if (text.charCodeAt(0) !== LESS) return fault('path-syntax', 0)
  const end = closingBracket(text)
  if (end === -1) return fault('path-syntax', text.length)
  const octets = limits.utf8 === true ? utf8Length(text.slice(0, end + 1)) : end + 1
  if (octets > limits.pathOctets) return fault('path-too-long', limits.pathOctets)
  const start = skipSourceRoute(text, end)
  const mailbox = start === -1 ? undefined : parseMailbox(text.slice(start, end), limits)
  return mailbox === undefined ? fault('path-syntax', Math.max(start, 1)) : item(mailbox, end + 1)
}

/** The ">" that is not inside a quoted-string. */
function closingBracket(text: string): number {
  let quoted = false
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) quoted = !quoted
    else if (code === BACKSLASH && quoted) i += 1
    else if (code === GREATER && !quoted) return i
  }
  return -1
}

/** Offset behind `@a.example,@b.example:`, 1 when there is none, -1 when it is broken. */
function skipSourceRoute(text: string, end: number): number {
  if (text.charCodeAt(1) !== AT) return 1
  let colon = -1
  for (let i = 1, literal = false; i < end && colon === -1; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x5b) literal = true
    else if (code === 0x5d) literal = false
    else if (code === COLON && !literal) colon = i
  }
  if (colon === -1) return -1
  for (const hop of text.slice(1, colon).split(','))
    if (!hop.startsWith('@') || parseDomain(hop.slice(1)) === undefined) return -1
  return colon + 1
}

const LESS = 0x3c
const GREATER = 0x3e
const QUOTE = 0x22
const BACKSLASH = 0x5c
const AT = 0x40
const COLON = 0x3a
