import type { Change, Filter, QueueId, QueueStore, RecipientSettlement } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import type { MessageFacts, Work } from '../src/lifecycle.ts'
import * as lifecycle from '../src/lifecycle.ts'
import type { ManualClock } from '../src/testing.ts'
import { createSeededRandom } from '../src/testing.ts'
import type { ReferenceLease } from './reference.ts'
import { leaseMs } from './reference.ts'

/** Something that is to do what the reference does. Messages are named by their number. */
export interface Subject {
  commit(to: readonly string[], notBefore: number | undefined): Promise<void>
  lease(at: string): Promise<readonly ReferenceLease[]>
  settle(number: number, at: string, fence: number, outcomes: readonly RecipientSettlement[]): Promise<string>
  change(number: number, at: string | undefined, change: Change): Promise<number>
  restart(): Promise<void>
  shown(): Promise<readonly unknown[]>
  ledger(): Promise<Readonly<Record<string, number>>>
}

/** The functions a store is made of, of which a test may put in wrong ones. */
export type Parts = Pick<
  typeof lifecycle,
  'abandonWork' | 'changeWork' | 'joinWork' | 'leaseWork' | 'settleWork' | 'tally'
>

const envelope = (to: readonly string[]): Parameters<typeof lifecycle.workOf>[0] => ({
  reversePath: 'a@example.org',
  parameters: [],
  recipients: to.map((destination, index) => ({ address: `r${index}@x.example`, parameters: [], destination })),
})

/** The pure functions, and a map to put works in. */
export function pureSubject(clock: ManualClock, wrong: Partial<Parts> = {}): Subject {
  const parts: Parts = { ...lifecycle, ...wrong }
  const messages: { readonly facts: MessageFacts; readonly works: Map<string, Work> }[] = []
  const all = (): Work[] => messages.flatMap(({ works }) => [...works.values()])
  return {
    async commit(to, notBefore) {
      const works = lifecycle.workOf(envelope(to), notBefore === undefined ? {} : { notBefore }, clock.now())
      const id = `m${messages.length}` as QueueId
      const facts = { id, acceptedAt: clock.now(), size: 0, priority: 0, sender: '', reversePath: '', parameters: [] }
      messages.push({ facts, works: new Map(works.map((work) => [work.destination, work])) })
    },
    async lease(at) {
      const now = clock.now()
      return messages.flatMap(({ works }, number): ReferenceLease[] => {
        const work = works.get(at)
        if (work === undefined || (work.lease !== undefined && work.lease.until > now)) return []
        const free = parts.abandonWork(work, now)
        const leased = parts.leaseWork(free, 'one', now + leaseMs, now)
        works.set(at, leased ?? free)
        if (leased === undefined) return []
        const recipients = lifecycle.leasedRecipients(leased)
        return [
          {
            number,
            at,
            fence: leased.fence,
            recipients: recipients.map((one) => [one.index, one.attempts, one.bounce]),
          },
        ]
      })
    },
    async settle(number, at, fence, recipients) {
      const works = messages[number]?.works
      const lease = { id: `m${number}` as QueueId, destination: at, fence }
      const work = parts.settleWork(works?.get(at), { lease, recipients }, clock.now())
      if (work === 'stale') return 'stale'
      works?.set(at, work)
      return 'settled'
    },
    async change(number, at, change) {
      const now = clock.now()
      const works = messages[number]?.works ?? new Map<string, Work>()
      let applied = 0
      for (const work of [...works.values()]) {
        const over = work.lease !== undefined && work.lease.until <= now
        const picks = (): boolean => at === undefined || at === work.destination
        const changed = parts.changeWork(over ? parts.abandonWork(work, now) : work, change, now, picks)
        if (changed.applied === 0) continue
        applied += changed.applied
        const to = change.kind === 'reroute' ? change.destination : ''
        if (change.kind === 'reroute') works.set(to, parts.joinWork(works.get(to), to, changed.moved, work))
        works.set(work.destination, changed.work)
      }
      return applied
    },
    async restart() {
      let order = 0
      for (const { works } of messages)
        for (const work of works.values())
          if (work.lease !== undefined)
            works.set(work.destination, parts.abandonWork(work, clock.now(), lifecycle.defaultAbandonPolicy, order++))
    },
    async shown() {
      return messages.map(({ facts, works }) =>
        [...works.values()].every(lifecycle.isFinished)
          ? 'gone'
          : recipientsOf(lifecycle.entryOf(facts, works.values())),
      )
    },
    async ledger() {
      const left = messages.filter(({ works }) => ![...works.values()].every(lifecycle.isFinished)).length
      const counted = messages.map(({ works }) => parts.tally(works.values()))
      const sum: Record<string, number> = { messages: left, accepted: all().flatMap((work) => work.recipients).length }
      for (const name of lifecycle.tallied) sum[name] = counted.reduce((total, one) => total + one[name], 0)
      return sum
    },
  }
}

/** A store, opened. */
export async function storeSubject(
  clock: ManualClock,
  disguise: (store: QueueStore) => QueueStore = (store) => store,
): Promise<Subject> {
  const store = disguise(createMemoryStore({ clock, random: createSeededRandom() }))
  await store.open()
  const ids: QueueId[] = []
  return {
    async commit(to, notBefore) {
      ids.push((await store.draft().commit(envelope(to), notBefore === undefined ? {} : { notBefore })).id)
    },
    async lease(at) {
      const leases = await store.lease({ destination: at, holder: 'one', duration: leaseMs, limit: 1_000 })
      return leases
        .map(
          ({ id, fence, recipients }): ReferenceLease => ({
            number: ids.indexOf(id),
            at,
            fence,
            recipients: recipients.map((one) => [one.index, one.attempts, one.bounce]),
          }),
        )
        .sort((a, b) => a.number - b.number)
    },
    async settle(number, at, fence, recipients) {
      const lease = { id: ids[number] as QueueId, destination: at, fence }
      return (await store.settle([{ lease, recipients }]))[0]?.kind ?? ''
    },
    async change(number, at, change) {
      const filter: Filter = { ids: ids.slice(number, number + 1), ...(at === undefined ? {} : { destination: at }) }
      let applied = 0
      for await (const { recipients } of store.change(filter, change)) applied += recipients
      return applied
    },
    async restart() {
      await store.close()
      await store.open()
    },
    async shown() {
      const found = new Map<string, unknown>()
      for await (const entry of store.scan()) if (entry.kind === 'message') found.set(entry.id, recipientsOf(entry))
      return ids.map((id) => found.get(id) ?? 'gone')
    },
    async ledger() {
      const { corrupt: _, ...ledger } = await store.stats()
      return ledger
    },
  }
}

function recipientsOf({ recipients }: ReturnType<typeof lifecycle.entryOf>): unknown {
  return recipients.map((one) => [one.destination, one.state, one.attempts, one.lastAttempt, one.nextAttempt])
}
