import { createMemoryStore, type Draft, QueueError, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'

/** What befell one draft. */
interface DraftRecord {
  writes: number
  octets: number
  commits: number
  accepted: boolean
  aborts: number
}

/** Runs before the step it names; what it throws or rejects with is the store's answer. */
export interface Faults {
  draft?: () => void
  /** `n` counts from 1, our Received field. */
  write?: (n: number) => void | Promise<void>
  commit?: () => void | Promise<void>
}

export interface FaultyStore {
  readonly store: QueueStore
  readonly drafts: readonly DraftRecord[]
  readonly faults: Faults
}

/** A memory store that fails where it is told to, and keeps a record of each draft. */
export function createFaultyStore(): FaultyStore {
  const store = createMemoryStore({ clock: createManualClock(), random: createSeededRandom(5) })
  const begin = store.draft.bind(store)
  const drafts: DraftRecord[] = []
  const faults: Faults = {}
  const draft = (hint?: { readonly size?: number }): Draft => {
    faults.draft?.()
    const inner = begin(hint)
    const record: DraftRecord = { writes: 0, octets: 0, commits: 0, accepted: false, aborts: 0 }
    drafts.push(record)
    return {
      id: inner.id,
      write(octets) {
        record.writes += 1
        record.octets += octets.length
        const wait = faults.write?.(record.writes)
        if (wait === undefined) return inner.write(octets)
        return wait.then(() => inner.write(octets))
      },
      async commit(envelope, options) {
        record.commits += 1
        await faults.commit?.()
        const accepted = await inner.commit(envelope, options)
        record.accepted = true
        return accepted
      },
      async abort() {
        record.aborts += 1
        await inner.abort()
      },
    }
  }
  return { store: Object.assign(store, { draft }), drafts, faults }
}

export const diskFailed = (): QueueError =>
  new QueueError('QUEUE_STORE_FAILED', 'the disk failed', { operation: 'test' })

export const diskFull = (): QueueError =>
  new QueueError('QUEUE_STORE_FAILED', 'no room', { operation: 'test', full: true })
