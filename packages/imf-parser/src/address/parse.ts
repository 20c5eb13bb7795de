import { COLON } from '../octets.ts'
import { hasOdd } from '../syntax/characters.ts'
import { Cursor, QUOTE } from '../syntax/cursor.ts'
import { bit, type Parsed, parsed, type SyntaxFault } from '../syntax/parsed.ts'
import { type Address, type AddressFault, type Group, type Mailbox, none } from './address.ts'

/**
 * Reads an address-list: To, Cc, Bcc, Reply-To and the like.
 *
 * ```abnf
 * address-list = (address *("," address)) / obs-addr-list
 * address      = mailbox / group
 * ```
 * Reads the obsolete syntax too, and says so in `leniency`. UTF-8 may stand wherever RFC 6532 lets it. NUL, CR and LF
 * may stand nowhere but as folding. An empty list is the fault `empty`.
 *
 * @rfc 5322 3.4
 * @rfc 5322 4.4
 * @rfc 6532 3.2
 */
export function parseAddressList(text: string): Parsed<readonly Address[], AddressFault> {
  return new AddressReader(text).list(true)
}

/** Reads a mailbox-list: From, Resent-From. Like {@link parseAddressList}, but a group is the fault `group`. @rfc 5322 3.4 */
export function parseMailboxList(text: string): Parsed<readonly Mailbox[], AddressFault> {
  return new AddressReader(text).list(false) as Parsed<readonly Mailbox[], AddressFault>
}

/** Reads one mailbox: Sender, Resent-Sender, or an addr-spec alone. @rfc 5322 3.4 */
export function parseMailbox(text: string): Parsed<Mailbox, AddressFault> {
  const list = parseMailboxList(text)
  if (list.kind === 'fault') return list
  if (list.value.length > 1) return { kind: 'fault', fault: 'several', at: text.length }
  return { kind: 'value', value: list.value[0] as Mailbox, leniency: list.leniency }
}

/** What Return-Path says: a mailbox, or the null path. */
export type ReturnPath = Mailbox | { readonly kind: 'null' }

/** Reads the body of a Return-Path field. @rfc 5322 3.6.7 */
export function parseReturnPath(text: string): Parsed<ReturnPath, AddressFault> {
  const cursor = new Cursor(text)
  if (cursor.skipCfws() && cursor.take(LESS) && cursor.skipCfws() && cursor.take(GREATER) && cursor.skipCfws())
    if (cursor.atEnd()) return parsed({ kind: 'null' }, cursor.notes)
  return parseMailbox(text)
}

interface OpenGroup extends Group {
  readonly mailboxes: Mailbox[]
}

class AddressReader {
  readonly cursor: Cursor<AddressFault>
  /** Words read before it is known what they are. */
  #phrase = ''
  #local = ''
  #localParts = 0
  #localFits = true
  #phraseFits = true
  #phraseDot = false
  #endsInDot = false

  constructor(text: string) {
    this.cursor = new Cursor(text)
  }

  list(groups: boolean): Parsed<readonly Address[], AddressFault> {
    const list = this.#list(groups)
    // Whatever answers with undefined has set the fault.
    return list === undefined ? (this.cursor.fault as SyntaxFault<AddressFault>) : parsed(list, this.cursor.notes)
  }

  #list(groups: boolean): Address[] | undefined {
    const { cursor } = this
    const list: Address[] = []
    let group: OpenGroup | undefined
    let groupStart = 0
    // True where an element may begin: at the start, behind a comma, behind the colon of a group.
    let open = true
    for (;;) {
      cursor.comments = undefined
      if (!cursor.skipCfws()) return undefined
      const start = cursor.at
      if (cursor.take(COMMA)) {
        if (open) cursor.note('empty-element')
        open = true
      } else if (group !== undefined && cursor.take(SEMICOLON)) {
        if (open && group.mailboxes.length > 0) cursor.note('empty-element')
        group = undefined
        open = false
      } else if (cursor.atEnd()) {
        if (group !== undefined) return this.#fail('unterminated-group', groupStart)
        if (list.length === 0) return this.#fail('empty', 0)
        if (open) cursor.note('empty-element')
        return list
      } else {
        const element = open ? this.#element() : this.#fail('unexpected')
        if (element === undefined) return undefined
        if (element.kind === 'mailbox') {
          if (group === undefined) list.push(element)
          else group.mailboxes.push(element)
          open = false
        } else {
          if (!groups) return this.#fail('group', start)
          if (group !== undefined) return this.#fail('group-in-group', start)
          group = element
          groupStart = start
          list.push(group)
        }
      }
    }
  }

  /** True for text no address may be made of; such characters are rare, and noted when they are passed. */
  #isOdd(text: string): boolean {
    return (this.cursor.notes & ODD) !== 0 && hasOdd(text)
  }

  #fail(fault: AddressFault, at?: number): undefined {
    this.cursor.fail(fault, at)
    return undefined
  }

  /** Reads a mailbox and the comments behind it, or a group's name and colon. */
  #element(): Mailbox | OpenGroup | undefined {
    const { cursor } = this
    const start = cursor.at
    if (!this.#words()) return undefined
    switch (cursor.code()) {
      case AT:
        return this.#addrSpec(start, undefined)
      case LESS:
        return this.#angleAddress(start)
      case COLON:
        if (!this.#isPhrase(start)) return undefined
        cursor.at += 1
        return { kind: 'group', displayName: this.#phrase, mailboxes: [] }
      default:
        return this.#fail(
          cursor.atEnd() || cursor.code() === COMMA || cursor.code() === SEMICOLON ? 'no-at' : 'unexpected',
        )
    }
  }

  /** Reads words, dots and what is between them, up to a character that says what they were. */
  #words(): boolean {
    const { cursor } = this
    this.#phrase = ''
    this.#local = ''
    this.#localParts = 0
    this.#localFits = true
    this.#phraseFits = true
    this.#phraseDot = false
    this.#endsInDot = false
    let apart = false
    for (;;) {
      const before = cursor.at
      const quoted = cursor.code() === QUOTE
      let word: string
      if (quoted) {
        const read = cursor.quotedString()
        if (read === undefined) return false
        word = read
      } else {
        if (cursor.skipAtoms() === 0) break
        word = cursor.text.slice(before, cursor.at)
      }
      this.#add(word, quoted, apart)
      const behind = cursor.at
      const code = cursor.code()
      if (code === AT || code === LESS) break
      if (!cursor.skipCfws()) return false
      apart = cursor.at > behind
    }
    return true
  }

  #add(word: string, quoted: boolean, apart: boolean): void {
    const begins = !quoted && word.charCodeAt(0) === DOT
    const dotted = !quoted && (begins || word.includes('.'))
    const first = this.#localParts === 0
    if (first) {
      this.#phraseFits = !begins
      this.#localFits = !begins
      this.#phrase = word
    } else {
      if (begins === this.#endsInDot) this.#localFits = false
      this.#phrase += apart ? ` ${word}` : word
    }
    if (dotted) {
      this.#phraseDot = true
      if (word.includes('..')) this.#localFits = false
    }
    this.#local += word
    this.#localParts += 1
    this.#endsInDot = dotted && word.charCodeAt(word.length - 1) === DOT
  }

  #isPhrase(start: number): boolean {
    if (this.#localParts === 0 || !this.#phraseFits) return this.cursor.fail('bad-display-name', start)
    if (this.#phraseDot) this.cursor.note('dot-in-phrase')
    return true
  }

  #angleAddress(start: number): Mailbox | undefined {
    const { cursor } = this
    let displayName: string | undefined
    if (this.#localParts > 0) {
      if (!this.#isPhrase(start)) return undefined
      displayName = this.#phrase
    }
    const bracket = cursor.at
    cursor.at += 1
    if (!cursor.skipCfws()) return undefined
    if (cursor.code() === AT || cursor.code() === COMMA) {
      if (!this.#skipRoute()) return undefined
      if (!cursor.skipCfws()) return undefined
    }
    const localStart = cursor.at
    if (!this.#words()) return undefined
    if (cursor.code() !== AT) return cursor.atEnd() ? this.#fail('unterminated-address', bracket) : this.#fail('no-at')
    return this.#addrSpec(localStart, displayName, bracket)
  }

  /** From the "@" on. `bracket` is where an angle-addr was opened. */
  #addrSpec(start: number, displayName: string | undefined, bracket?: number): Mailbox | undefined {
    const { cursor } = this
    if (this.#localParts === 0 || !this.#localFits || this.#endsInDot || this.#isOdd(this.#local))
      return this.#fail('bad-local-part', start)
    if (this.#localParts > 1) cursor.note('local-part-words')
    const localPart = this.#local
    cursor.at += 1
    const domain = this.#domain()
    if (domain === undefined) return undefined
    if (bracket !== undefined) {
      if (!cursor.take(GREATER))
        return cursor.atEnd() ? this.#fail('unterminated-address', bracket) : this.#fail('unexpected')
      if (!cursor.skipCfws()) return undefined
    }
    return { kind: 'mailbox', displayName, localPart, domain, comments: cursor.comments ?? none }
  }

  /** Reads a domain and the white space behind it. */
  #domain(): string | undefined {
    const { cursor } = this
    if (!cursor.skipCfws()) return undefined
    const start = cursor.at
    if (cursor.code() === OPEN_BRACKET) {
      const literal = cursor.domainLiteral()
      return literal !== undefined && cursor.skipCfws() ? literal : undefined
    }
    let domain = ''
    for (let from = start; cursor.skipAtoms() > 0; from = cursor.at) {
      if (domain !== '') cursor.note('spaced-domain')
      domain += cursor.text.slice(from, cursor.at)
      const behind = cursor.at
      if (!cursor.skipCfws()) return undefined
      // Behind white space the domain goes on across a dot only.
      if (cursor.at === behind || (cursor.text.charCodeAt(behind - 1) !== DOT && cursor.code() !== DOT)) break
    }
    if (domain === '' || domain.startsWith('.') || domain.endsWith('.') || domain.includes('..') || this.#isOdd(domain))
      return this.#fail('bad-domain', start)
    return domain
  }

  /** Passes `@a,@b:`; routes are read and dropped. @rfc 5322 4.4 */
  #skipRoute(): boolean {
    const { cursor } = this
    const start = cursor.at
    let domains = 0
    // A domain may come at the start and behind a comma.
    let open = true
    while (!cursor.take(COLON)) {
      if (!cursor.skipCfws()) return false
      if (cursor.take(COMMA)) open = true
      else if (open && cursor.take(AT)) {
        if (this.#domain() === undefined) return false
        domains += 1
        open = false
      } else if (cursor.code() !== COLON) return cursor.fail('bad-route', start)
    }
    if (domains === 0) return cursor.fail('bad-route', start)
    cursor.note('route')
    return true
  }
}

const ODD = bit('odd-character')
const AT = 0x40
const LESS = 0x3c
const GREATER = 0x3e
const COMMA = 0x2c
const SEMICOLON = 0x3b
const DOT = 0x2e
const OPEN_BRACKET = 0x5b
