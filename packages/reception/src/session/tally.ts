import type { StageHook } from '../policy/stage.ts'

/** What a reception is doing, and has done since it was made. */
export interface ReceptionSnapshot {
  /** Sessions open now. */
  readonly sessions: number
  /** Why no mail is taken now; `undefined` when it is. */
  readonly paused: string | undefined
  /** Promised by 250. Recipients as the store's own count has them; octets without our Received fields. */
  readonly accepted: { readonly messages: number; readonly recipients: number; readonly octets: number }
  /** Refusals by where they were spoken. */
  readonly refused: Readonly<Record<StageHook, number>>
  /** Faults of peers that the session answered by itself. */
  readonly faults: number
  /** Times the store failed, and times a stage or the recipient policy did. */
  readonly storeFailures: number
  readonly policyFailures: number
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The counters behind a snapshot. */
export interface Tally extends Writable<Omit<ReceptionSnapshot, 'accepted' | 'refused'>> {
  readonly accepted: Writable<ReceptionSnapshot['accepted']>
  readonly refused: Record<StageHook, number>
}

export function createTally(): Tally {
  return {
    sessions: 0,
    paused: undefined,
    accepted: { messages: 0, recipients: 0, octets: 0 },
    refused: { connect: 0, hello: 0, mail: 0, rcpt: 0, dataStart: 0, message: 0 },
    faults: 0,
    storeFailures: 0,
    policyFailures: 0,
  }
}
