import type { Clock, Millis, Seconds } from '../clock.ts'
import type { RecordType } from '../record/record.ts'
import type { Answer } from '../resolver/contract.ts'

/** Bounds of a cache. */
export interface CacheLimits {
  /** Most answers kept. Default 10000. */
  readonly entries: number
  /** Most octets of the messages that the kept answers came from. Default 16 MiB. */
  readonly octets: number
}

/** Answers by name and type, kept no longer than they are valid; the one unused for longest gives way. */
export interface AnswerCache {
  /** The answer, with what is left of its time. */
  find(name: string, type: RecordType): Answer<unknown> | undefined
  /** Keeps an answer for so many seconds; not at all when that is none. */
  keep(name: string, type: RecordType, answer: Answer<unknown>, seconds: Seconds, octets: number): void
  /** Forgets one name, or everything. */
  forget(name?: string): void
  readonly size: number
}

interface Entry {
  readonly answer: Answer<unknown>
  readonly until: Millis
  readonly octets: number
}

/** An entry costs this much besides its message. */
const entryOctets = 256

/** Makes an empty cache. */
export function createCache(limits: CacheLimits, clock: Clock): AnswerCache {
  // A Map keeps the order of insertion: putting an entry back makes it the youngest.
  const entries = new Map<string, Entry>()
  let octets = 0
  const remove = (key: string, entry: Entry): void => {
    entries.delete(key)
    octets -= entry.octets
  }
  return {
    find(name, type) {
      const key = keyOf(name, type)
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      const left = entry.until - clock.monotonic()
      if (left <= 0) {
        remove(key, entry)
        return undefined
      }
      entries.delete(key)
      entries.set(key, entry)
      return entry.answer.kind === 'failed' ? entry.answer : { ...entry.answer, validFor: left / 1000 }
    },
    keep(name, type, answer, seconds, messageOctets) {
      const key = keyOf(name, type)
      const before = entries.get(key)
      if (before !== undefined) remove(key, before)
      if (seconds <= 0) return
      const entry = { answer, until: clock.monotonic() + seconds * 1000, octets: messageOctets + entryOctets }
      entries.set(key, entry)
      octets += entry.octets
      for (const [oldest, old] of entries) {
        if (entries.size <= limits.entries && octets <= limits.octets) break
        remove(oldest, old)
      }
    },
    forget(name) {
      for (const [key, entry] of entries) if (name === undefined || key.endsWith(` ${name}`)) remove(key, entry)
    },
    get size() {
      return entries.size
    },
  }
}

const keyOf = (name: string, type: RecordType): string => `${type} ${name}`
