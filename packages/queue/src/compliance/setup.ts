import type { QueueErrorCode } from '../error.ts'
import { QueueError } from '../error.ts'
import { leaseRefOf } from '../lifecycle/entry.ts'
import type {
  Accepted,
  Change,
  CommitOptions,
  Entry,
  Envelope,
  Filter,
  Lease,
  Millis,
  Progress,
  QueueId,
  QueueStats,
  QueueStore,
  RecipientSettlement,
  Settlement,
  SettleResult,
} from '../store/contract.ts'

/** What a case is run with: made anew for each. */
export interface ComplianceSetup {
  /** Makes an empty store that is not open. Called once or more by a case; the runner cleans up. */
  create(): QueueStore | Promise<QueueStore>
  /** The store's clock. It stands still but for `advance`, and for `jump`, as when an administrator sets it. */
  readonly clock: { now(): number; advance(by: Millis): Promise<void> | void; jump(by: Millis): void }
  /**
   * Closes a store and makes another, not open, over what it left. Without this the same store is opened again.
   */
  reopen?(store: QueueStore): QueueStore | Promise<QueueStore>
  /** Makes another store over the same data, for stores that declare `manyWriters`. */
  second?(store: QueueStore): QueueStore | Promise<QueueStore>
  /** Changes an octet of a message's stored content behind the store's back. */
  damage?(store: QueueStore, id: QueueId): void | Promise<void>
}

/** One obligation of the contract. `run` rejects with a {@link ComplianceFailure} when the store breaks it. */
export interface QueueStoreCase {
  readonly name: string
  run(setup: ComplianceSetup): Promise<void>
}

/** A store broke the contract. */
export class ComplianceFailure extends Error {
  override readonly name = 'ComplianceFailure'
}

/** A minute, the usual length of a lease here. */
export const minute: Millis = 60_000

export async function opened(setup: ComplianceSetup): Promise<QueueStore> {
  const store = await setup.create()
  await store.open()
  return store
}

/** What a restart leaves: another store, open. */
export async function restarted(setup: ComplianceSetup, store: QueueStore): Promise<QueueStore> {
  const next = setup.reopen === undefined ? store : await setup.reopen(store)
  if (setup.reopen === undefined) await store.close()
  await next.open()
  return next
}

/** An envelope with one recipient per destination, `r0@…`, `r1@…`. */
export function envelopeTo(...destinations: readonly string[]): Envelope {
  return {
    reversePath: 'sender@example.org',
    parameters: [['BODY', '8BITMIME']],
    recipients: destinations.map((destination, index) => ({
      address: `r${index}@${destination}`,
      parameters: [],
      destination,
    })),
  }
}

/** So many octets that differ along the way. */
export function pattern(length: number): Uint8Array {
  const octets = new Uint8Array(length)
  for (let at = 0; at < length; at++) octets[at] = (at * 31 + (at >> 8) * 7) & 0xff
  return octets
}

export async function put(
  store: QueueStore,
  envelope: Envelope,
  options: CommitOptions & { readonly content?: Uint8Array } = {},
): Promise<Accepted> {
  const { content = pattern(100), ...rest } = options
  const draft = store.draft({ size: content.length })
  await draft.write(content)
  return draft.commit(envelope, rest)
}

export function take(store: QueueStore, destination: string, limit = 1_000, holder = 'one'): Promise<readonly Lease[]> {
  return store.lease({ destination, holder, duration: minute, limit })
}

/** The only lease there is to have, or the first. */
export async function takeOne(store: QueueStore, destination: string, limit?: number): Promise<Lease> {
  const [lease, ...more] = await take(store, destination, limit)
  if (lease === undefined || more.length > 0)
    fail(`expected one lease for ${destination}, got ${more.length + (lease ? 1 : 0)}`)
  return lease
}

type Outcome = RecipientSettlement extends infer S ? (S extends unknown ? Omit<S, 'index'> : never) : never

/** A settlement with the same outcome for all recipients of the lease. */
export function outcome(lease: Lease, kind: Outcome): Settlement {
  return {
    lease: leaseRefOf(lease),
    recipients: lease.recipients.map(({ index }) => ({ index, ...kind }) as RecipientSettlement),
  }
}

export async function settleAll(store: QueueStore, lease: Lease, kind: Outcome): Promise<SettleResult> {
  const [result] = await store.settle([outcome(lease, kind)])
  return result ?? fail('settle answered nothing')
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function content(store: QueueStore, id: QueueId): Promise<Uint8Array> {
  const chunks = await collect(store.read(id))
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** All entries, which must be readable. */
export async function entries(store: QueueStore, filter?: Filter, after?: string): Promise<Entry[]> {
  return (await collect(store.scan(filter, after))).map((entry) =>
    entry.kind === 'message' ? entry : fail(`corrupt entry: ${entry.because}`),
  )
}

export async function onlyEntry(store: QueueStore): Promise<Entry> {
  const [entry, ...more] = await entries(store)
  return entry !== undefined && more.length === 0 ? entry : fail(`expected one message, found ${more.length + 1}`)
}

/** Applies a change to messages by filter or by ids. */
export function change(store: QueueStore, which: Filter | readonly QueueId[], wish: Change): Promise<Progress[]> {
  return collect(store.change('length' in which ? { ids: which } : which, wish))
}

const nothing: QueueStats = {
  messages: 0,
  accepted: 0,
  delivered: 0,
  relayed: 0,
  expanded: 0,
  failed: 0,
  expired: 0,
  removed: 0,
  queued: 0,
  held: 0,
  corrupt: 0,
}

/** Counters of which all but these are zero. */
export function counts(known: Partial<QueueStats>): QueueStats {
  return { ...nothing, ...known }
}

/** The counters, after checking that none went missing. */
export async function ledger(store: QueueStore): Promise<QueueStats> {
  const stats = await store.stats()
  const { accepted, delivered, relayed, expanded, failed, expired, removed, queued, held } = stats
  const sum = delivered + relayed + expanded + failed + expired + removed + queued + held
  same(sum, accepted, 'the ledger does not add up')
  return stats
}

export async function rejects(code: QueueErrorCode, run: () => unknown, what: string): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (QueueError.is(error, code)) return
    fail(`${what}: expected ${code}, got ${String(error)}`)
  }
  fail(`${what}: expected ${code}, got no error`)
}

export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [shown(actual), shown(expected)]
  if (a !== b) fail(`${what}: expected ${clip(b)}, got ${clip(a)}`)
}

export function holds(condition: boolean, what: string): void {
  if (!condition) fail(what)
}

export function fail(what: string): never {
  throw new ComplianceFailure(what)
}

/** A value as text; fields in order of name, absent and undefined alike. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `octets(${value.join(' ')})`
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${name}: ${shown(field)}`).join(', ')}}`
}

function clip(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 400)}... (${text.length})`
}
