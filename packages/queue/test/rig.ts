import type {
  CommitOptions,
  Envelope,
  Lease,
  QueueStore,
  RecipientSettlement,
  Scheduler,
  SchedulerOptions,
  Settlement,
} from '../src/index.ts'
import { createMemoryStore, createScheduler, QueueError } from '../src/index.ts'
import type { ManualClock } from '../src/testing.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'

export interface Rig {
  readonly clock: ManualClock
  readonly store: QueueStore
  readonly scheduler: Scheduler
  readonly log: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[]
  /** Each lease handed to `deliver`, in order. */
  readonly delivered: Lease[]
  put(destination: string, count?: number, options?: CommitOptions): Promise<void>
}

export type RigOptions = Partial<Omit<SchedulerOptions, 'clock'>> & { readonly clock?: ManualClock }

export type Deliver = SchedulerOptions['deliver']

/** A scheduler over a memory store, its clock standing still. */
export async function rig(deliver: Deliver, options: RigOptions = {}): Promise<Rig> {
  const clock = options.clock ?? createManualClock()
  const random = createSeededRandom(7)
  const store = options.store ?? createMemoryStore({ clock, random })
  await store.open()
  const delivered: Lease[] = []
  const log: Rig['log'] = []
  const note = (event: string, fields: Readonly<Record<string, unknown>>): void => void log.push({ event, fields })
  const scheduler = createScheduler({
    random,
    holder: 'test',
    log: { info: note, warn: note },
    ...options,
    clock,
    store,
    deliver: (lease, signal, passage) => {
      delivered.push(lease)
      return deliver(lease, signal, passage)
    },
  })
  return {
    clock,
    store,
    scheduler,
    log,
    delivered,
    async put(destination, count = 1, options = {}) {
      for (let n = 0; n < count; n++) await store.draft().commit(envelope(destination), options)
      await settled()
    },
  }
}

export function envelope(...destinations: readonly string[]): Envelope {
  return {
    reversePath: 'sender@example.org',
    parameters: [],
    recipients: destinations.map((destination, index) => ({
      address: `r${index}@${destination}`,
      parameters: [],
      destination,
    })),
  }
}

/** The same outcome for all recipients of a lease. */
export function all(lease: Lease, outcome: OutcomeOf): Settlement {
  const { id, destination, fence } = lease
  return {
    lease: { id, destination, fence },
    recipients: lease.recipients.map(({ index }) => ({ index, ...outcome }) as RecipientSettlement),
  }
}

type OutcomeOf = RecipientSettlement extends infer S ? (S extends unknown ? Omit<S, 'index'> : never) : never

export const deliveredAll: Deliver = async (lease) => all(lease, { kind: 'delivered' })
export const unreachable: Deliver = async (lease) =>
  all(lease, { kind: 'deferred', delay: 600_000, because: 'no route' })

/** A store with some methods replaced. */
export function withOverrides(store: QueueStore, overrides: Partial<QueueStore>): QueueStore {
  return new Proxy(store, {
    get(target, name) {
      const own = overrides[name as keyof QueueStore]
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

export const storeFailed = (operation: string): QueueError =>
  new QueueError('QUEUE_STORE_FAILED', 'no disk', { operation })

/** A promise with its switches outside. */
export function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
