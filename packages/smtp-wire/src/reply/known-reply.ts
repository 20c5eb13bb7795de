import type { ReplyCause } from './causes.ts'

/** A reply that is widespread, though no standard has it: how to know it, and what it means. */
export interface KnownReply {
  readonly name: string
  /** Beginnings of the codes it comes with. */
  readonly codes: readonly string[]
  /** Any of these; of each, all parts occur in the text, lower-cased. Plain text, so that matching costs no more than its length. */
  readonly phrases: readonly (readonly string[])[]
  readonly cause: ReplyCause
  /** Whose it is, where it is one operator's or one product's. */
  readonly source: string | undefined
  /** What helps here, where it is more than the cause's own. */
  readonly advice: string | undefined
}

/** Phrases: ";" parts those of which one is enough, "&" those that are all needed. */
export type KnownReplyRow = readonly [
  name: string,
  codes: string,
  phrases: string,
  cause: ReplyCause,
  source: string,
  advice?: string,
]
