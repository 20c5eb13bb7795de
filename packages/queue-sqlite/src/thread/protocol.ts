import type { Change, Due, Filter, QueueErrorCode, QueueStats, RecipientSettlement } from '@angarium/queue'
import type { MessageRow, WorkRow } from '../database/rows.ts'

/** A message ready for the database; its content, unless filed, is a stretch of the batch's buffer. */
export interface NewMessage {
  readonly row: MessageRow
  readonly works: readonly WorkRow[]
  readonly at: number
  readonly length: number
}

/** A lease named by plain data. */
interface LeaseName {
  readonly id: string
  readonly destination: string
  readonly fence: number
}

/** A settlement as it crosses threads, its reports ready for the database. */
export interface SettleOrder {
  readonly lease: LeaseName
  readonly recipients: readonly RecipientSettlement[]
  readonly abandoned?: true | undefined
  readonly spawn: readonly NewMessage[]
}

/** What the store asks of its thread, with the answer to each. */
export interface Operations {
  readonly commit: {
    ask: { readonly message: NewMessage; readonly key: string | undefined; readonly now: number }
    /** The id of the first commit under the same key, if there was one. */
    answer: string | undefined
  }
  readonly due: {
    ask: { readonly limit: number; readonly now: number }
    answer: Due
  }
  readonly lease: {
    ask: {
      readonly destination: string
      readonly holder: string
      readonly until: number
      readonly limit: number
      readonly level: number
      readonly now: number
    }
    answer: readonly LeasedRow[]
  }
  readonly extend: {
    ask: { readonly leases: readonly LeaseName[]; readonly until: number }
    /** Positions of those extended. */
    answer: readonly number[]
  }
  readonly settle: {
    ask: { readonly orders: readonly SettleOrder[]; readonly now: number }
    /** Whether each was applied, and whether some work is due at once. */
    answer: { readonly settled: readonly boolean[]; readonly more: boolean }
  }
  readonly read: { ask: { readonly id: string }; answer: StoredContent | undefined }
  readonly scan: { ask: { readonly filter: Filter; readonly after: string }; answer: Page }
  readonly change: {
    ask: {
      readonly filter: Filter
      readonly after: string
      readonly change: Change
      readonly now: number
    }
    answer: {
      readonly progress: readonly { readonly id: string; readonly recipients: number }[]
      readonly next: string | undefined
    }
  }
  readonly stats: { ask: Record<never, never>; answer: QueueStats }
  /** Which of these ids no filed message has. */
  readonly strangers: { ask: { readonly ids: readonly string[] }; answer: readonly string[] }
  readonly mend: { ask: { readonly repair: Repair; readonly now: number }; answer: null }
}

/** Name of an operation. */
export type Operation = keyof Operations

/** One question with its name. */
export type Ask = { [O in Operation]: { readonly op: O } & Operations[O]['ask'] }[Operation]

/** A leased message: what the main thread makes a lease of. */
export interface LeasedRow {
  readonly row: MessageRow
  readonly work: WorkRow
  /** The content, when it is in the row. */
  readonly body: Stretch | undefined
}

/** A stretch of the reply's buffer. */
export interface Stretch {
  readonly at: number
  readonly length: number
}

/** Where the content is. */
type StoredContent =
  | { readonly kind: 'row'; readonly body: Stretch }
  | { readonly kind: 'file'; readonly size: number; readonly sum: number }
  | { readonly kind: 'corrupt'; readonly because: string }

/** Some entries of a scan, and where to go on; `undefined`: that was all. */
export interface Page {
  readonly entries: readonly (
    | { readonly kind: 'message'; readonly row: LeasedRow['row']; readonly works: readonly WorkRow[] }
    | { readonly kind: 'corrupt'; readonly id: string; readonly because: string }
  )[]
  readonly next: string | undefined
}

/** How an operation ended. */
export type Outcome =
  | { readonly ok: true; readonly answer: unknown }
  | {
      readonly ok: false
      readonly code: Extract<QueueErrorCode, 'QUEUE_MISUSE' | 'QUEUE_STORE_FAILED' | 'QUEUE_LOCKED' | 'QUEUE_FORMAT'>
      readonly message: string
      /** For QUEUE_FORMAT. */
      readonly found?: string
      readonly expected?: string
      /** True when it is known that nothing was applied. */
      readonly clean: boolean
      readonly full?: true
    }

/** Several operations, done in one transaction. */
export interface Batch {
  readonly now: number
  readonly asks: readonly Ask[]
  /** The caller's again when the reply is there. */
  readonly contents: Uint8Array
}

/** Outcomes in the order of the questions. */
export interface Reply {
  readonly outcomes: readonly Outcome[]
  readonly contents: ArrayBuffer
  readonly news: News
}

/**
 * A batch between the threads. Structured cloning costs several times as much as JSON does, and a buffer handed over is
 * one more to make and to collect for each batch: so the contents lie in memory that both see, and that is used again.
 */
export interface BatchMessage {
  readonly now: number
  /** In JSON. */
  readonly asks: string
  readonly memory: SharedArrayBuffer
  readonly octets: number
}

/** A reply between the threads; the contents are handed over. */
export interface ReplyMessage {
  /** In JSON. */
  readonly outcomes: string
  readonly contents: ArrayBuffer
  readonly news: News
}

/** What a transaction did beside what was asked. */
export interface News {
  /** Filed messages that are gone: their files may go too. */
  readonly gone: readonly string[]
  readonly setAside: readonly SetAside[]
  readonly parked: readonly Parked[]
}

/** A message found damaged, told when it is set aside and never again. */
export interface SetAside {
  readonly id: string
  readonly because: string
}

/** Work whose attempts began and never ended: held, until an operator has looked at it. */
export interface Parked {
  readonly id: string
  readonly destination: string
  readonly because: string
}

/** What can be put right without loss. */
export type Repair =
  /** Whatever of it is there is kept, and never delivered. */
  | { readonly kind: 'set-aside'; readonly id: string; readonly because: string }
  /** The rows of a message tell what its recipients say; one that is finished goes. */
  | { readonly kind: 'rows'; readonly id: string }
  | { readonly kind: 'lane'; readonly destination: string; readonly priority: number }
  | { readonly kind: 'ledger'; readonly add: Partial<Record<keyof QueueStats, number>> }
  | { readonly kind: 'indexes' }

/** What an audit found. */
export interface Fault {
  readonly kind: 'database' | 'index' | 'message' | 'work' | 'lane' | 'ledger'
  /** The message it is about. */
  readonly id?: string
  readonly what: string
  readonly repair?: Repair
}

/** A content that is a file of its own. */
export interface FiledContent {
  readonly id: string
  readonly size: number
  readonly sum: number
  /** Its message is set aside: nobody counts on it. */
  readonly aside: boolean
}

/** A piece of what a reader finds. */
export interface AuditPage {
  readonly faults: readonly Fault[]
  readonly filed: readonly FiledContent[]
}

/** What a reader is to do: check the database, or copy it `to` a file that is not there. */
export interface Errand {
  readonly path: string
  readonly to: string | undefined
}

/** How the thread is set up. */
export interface ThreadOptions {
  readonly path: string
  readonly now: number
  readonly holdAfter: number
  readonly spacing: number
  readonly keepKeysMs: number
  readonly maxOctets: number | undefined
}

/** First words of the thread: open, with the greatest id there is, or why not. */
export type Opening =
  | { readonly ok: true; readonly greatest: string | undefined; readonly news: News }
  | Extract<Outcome, { ok: false }>
