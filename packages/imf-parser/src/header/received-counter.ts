import { CR, LF, lower, SP, TAB } from '../octets.ts'

/** Counts the Received fields of a header while the content streams through. Keeps no octets. */
export interface ReceivedCounter {
  /** Received fields begun so far. */
  readonly count: number
  /** The header is over: further octets cost nothing. */
  readonly done: boolean
  /** Looks at the next octets of the content. */
  push(octets: Uint8Array): void
}

/**
 * Begins to count the hops a message has made. Sees the same header as {@link createHeaderScanner}, at the price of one
 * search for LF a line.
 *
 * @rfc 5321 6.3
 */
export function createReceivedCounter(): ReceivedCounter {
  return new Counter()
}

class Counter implements ReceivedCounter {
  count = 0
  done = false
  /** How many octets of this line match so far; SKIP: it is not the one, AFTER_CR: only a CR so far. */
  #matched = 0

  push(octets: Uint8Array): void {
    if (this.done) return
    let matched = this.#matched
    for (let i = 0; i < octets.length; i++) {
      if (matched === SKIP) {
        i = octets.indexOf(LF, i)
        if (i === -1) break
        matched = 0
        continue
      }
      const octet = octets[i] as number
      if (octet === LF) {
        if (matched <= 0) {
          this.done = true
          break
        }
        matched = 0
      } else if (matched < NAME.length) {
        if (matched === 0 && octet === CR) matched = AFTER_CR
        else matched = matched >= 0 && lower(octet) === NAME.charCodeAt(matched) ? matched + 1 : SKIP
      } else if (octet === COLON) {
        this.count += 1
        matched = SKIP
      } else if (octet !== SP && octet !== TAB) matched = SKIP
    }
    this.#matched = matched
  }
}

const NAME = 'received'
const COLON = 0x3a
const SKIP = NAME.length + 1
const AFTER_CR = -1
