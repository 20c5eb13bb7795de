import { leaseRefOf } from '../lifecycle/entry.ts'
import { levelMs } from '../lifecycle/line.ts'
import { createMemoryStore } from '../memory/store.ts'
import type { Entry, Lease, QueueId, QueueStore, RecipientSettlement, Settlement } from '../store/contract.ts'
import { createSeededRandom } from '../testing/random.ts'
import type { ComplianceSetup, QueueStoreCase } from './setup.ts'
import { change, content, entries, envelopeTo, ledger, minute, opened, pattern, put, same, take } from './setup.ts'

const names = ['a.example', 'b.example', 'c.example'] as const

/** One store and the leases taken from it, so that both can be asked to do the same. */
interface Side {
  readonly store: QueueStore
  /** By order of acceptance, the same on both sides. */
  readonly ids: QueueId[]
  leases: Lease[]
}

/** Random operations against the memory store as the model: both must show the same after each. */
export const modelCases: readonly QueueStoreCase[] = [1, 2, 3, 4].map((seed) => ({
  name: `model: 150 random operations leave what the model says (seed ${seed})`,
  async run(setup) {
    const random = createSeededRandom(seed)
    const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T
    const sides: readonly [Side, Side] = [await side(setup, true), await side(setup, false)]
    const both = async (run: (side: Side) => Promise<unknown>, what: string): Promise<void> => {
      const [tested, model] = [await run(sides[0]), await run(sides[1])]
      same(tested, model, what)
    }
    for (let step = 0; step < 150; step++) {
      await setup.clock.advance(1 + random.below(3) * random.below(20_000))
      await operation(step, random, pick, both, () => setup.clock.now())
      await both(({ store }) => ledger(store), `ledger after step ${step}`)
      await both((one) => shownEntries(one), `entries after step ${step}`)
      await both(({ store }) => dueShown(store), `due after step ${step}`)
    }
    for (const { store } of sides) await store.close()
  },
}))

async function operation(
  step: number,
  random: ReturnType<typeof createSeededRandom>,
  pick: <T>(items: readonly T[]) => T,
  both: (run: (side: Side) => Promise<unknown>, what: string) => Promise<void>,
  now: () => number,
): Promise<void> {
  const choice = random.below(10)
  const name = pick(names)
  if (choice < 3) {
    const to = Array.from({ length: 1 + random.below(4) }, () => pick(names))
    const body = pattern(pick([0, 10, 5_000, 70_000]))
    const key = random.below(4) === 0 ? `key ${random.below(5)}` : undefined
    const priority = random.below(2) * (random.below(19) - 9)
    const wait = random.below(6) === 0 ? random.below(60_000) : 0
    const sender = pick(['a', 'b', undefined])
    const source = pick(['192.0.2.1', undefined])
    await both(async (one) => {
      const notBefore = now() + wait
      const options = {
        content: body,
        priority,
        notBefore,
        ...(key === undefined ? {} : { key }),
        ...(sender === undefined ? {} : { sender }),
        ...(source === undefined ? {} : { source }),
      }
      const { id, duplicate } = await put(one.store, envelopeTo(...to), options)
      if (duplicate) return one.ids.indexOf(id)
      one.ids.push(id)
      same(await content(one.store, id), body, 'content')
      return 'new'
    }, `commit at step ${step}`)
  } else if (choice < 5)
    await both(async (one) => {
      const places = await placesInLine(one.store, name)
      const taken = await take(one.store, name, 1_000)
      const order = taken.flatMap(({ id }) => places.get(id) ?? [])
      same(
        order,
        [...order].sort((a, b) => a - b),
        'order of the leases',
      )
      one.leases.push(...[...taken].sort((a, b) => (a.id < b.id ? -1 : 1)))
      return shownLeases(one, taken)
    }, `lease at step ${step}`)
  else if (choice < 8) {
    const seed = random.below(2 ** 31)
    const share = 1 + random.below(3)
    await both(async (one) => {
      const chosen = one.leases.filter((_, at) => at % share === 0)
      one.leases = one.leases.filter((_, at) => at % share !== 0)
      const results = await one.store.settle(chosen.map((lease) => randomSettlement(lease, seed)))
      for (const result of results) if (result.kind === 'settled') one.ids.push(...result.spawned)
      return results.map((result) => (result.kind === 'settled' ? result.spawned.length : 'stale'))
    }, `settle at step ${step}`)
  } else if (choice < 9) {
    const wish = pick([
      { kind: 'hold', because: 'model' },
      { kind: 'release' },
      { kind: 'release', early: true },
      { kind: 'expedite' },
      { kind: 'remove' },
      { kind: 'bounce', because: 'model' },
      { kind: 'reroute', destination: pick(names) },
    ] as const)
    const filter = pick([
      { destination: name },
      { recipient: `r0@${name}` },
      { state: 'held' as const },
      { state: 'deferred' as const, sender: 'a' },
    ])
    await both(async (one) => {
      const progress = await change(one.store, filter, wish)
      return progress.map(({ id, recipients }) => [one.ids.indexOf(id), recipients])
    }, `${wish.kind} at step ${step}`)
  } else
    await both(
      async (one) =>
        shownLeases(
          one,
          (await one.store.extend(one.leases.map(leaseRefOf), minute)).map((lease) => ({ ...lease })),
        ),
      `extend at step ${step}`,
    )
}

async function side(setup: ComplianceSetup, tested: boolean): Promise<Side> {
  const { clock } = setup
  const timeless = { now: () => clock.now(), monotonic: () => clock.now(), after: () => () => undefined }
  const store = tested ? await opened(setup) : createMemoryStore({ clock: timeless, random: createSeededRandom(99) })
  if (!tested) await store.open()
  return { store, ids: [], leases: [] }
}

/** Depends on the lease's shape and the seed alone, so that both sides settle alike. */
function randomSettlement(lease: Lease, seed: number): Settlement {
  const random = createSeededRandom(seed + lease.recipients.length * 7 + lease.fence)
  const recipients: RecipientSettlement[] = []
  for (const { index } of lease.recipients) {
    const kind = random.below(9)
    const delay = random.below(30_000)
    if (kind === 0) recipients.push({ index, kind: 'delivered' })
    else if (kind === 1) recipients.push({ index, kind: 'relayed', reply: { code: 250, text: ['ok'] } })
    else if (kind === 2) recipients.push({ index, kind: 'failed', status: '5.0.0', because: 'model' })
    else if (kind === 3) recipients.push({ index, kind: 'deferred', delay, because: 'model' })
    else if (kind === 4) recipients.push({ index, kind: 'returned' })
    else if (kind === 5) recipients.push({ index, kind: 'returned', delay })
    else if (kind === 6) recipients.push({ index, kind: 'expanded' })
    else if (kind === 7) recipients.push({ index, kind: 'expired', status: '4.4.7', because: 'model' })
  }
  const report = { envelope: envelopeTo('a.example'), content: pattern(50), options: { priority: lease.priority } }
  const spawn = random.below(4) === 0 ? [report] : []
  return { lease: leaseRefOf(lease), recipients, spawn }
}

function shownLeases(
  { ids }: Side,
  leases: readonly (Pick<Lease, 'id' | 'destination' | 'fence'> & Partial<Lease>)[],
): unknown {
  return leases
    .map(({ id, destination, fence, until, recipients, size, priority, sender, source }) => ({
      at: ids.indexOf(id),
      destination,
      fence,
      until,
      recipients,
      size,
      priority,
      sender,
      source,
    }))
    .sort((a, b) => a.at - b.at || (a.destination < b.destination ? -1 : 1))
}

async function shownEntries({ store, ids }: Side): Promise<unknown> {
  return (await entries(store)).map((entry: Entry) => ({ ...entry, id: ids.indexOf(entry.id) }))
}

/** Where each message's work for a destination stands that waits for another attempt: fresh work takes turns instead. */
async function placesInLine(store: QueueStore, destination: string): Promise<ReadonlyMap<QueueId, number>> {
  const places = new Map<QueueId, number>()
  for (const { id, priority, recipients } of await entries(store)) {
    const there = recipients.filter((recipient) => recipient.destination === destination)
    const due = Math.min(...there.map(({ nextAttempt = Infinity }) => nextAttempt))
    if (!there.some(({ state }) => state === 'leased' || state === 'queued')) places.set(id, due - priority * levelMs)
  }
  return places
}

async function dueShown(store: QueueStore): Promise<unknown> {
  const { destinations, next } = await store.due(100)
  const places = destinations.map(({ since, priority }) => since - priority * levelMs)
  same(
    places,
    [...places].sort((a, b) => a - b),
    'order of the destinations',
  )
  const fresh = new Set<string>()
  for (const { recipients } of await entries(store, { state: 'queued' }))
    for (const { state, destination } of recipients) if (state === 'queued') fresh.add(destination)
  return {
    // With something due, stores may differ in how much they look beyond it.
    next: destinations.length === 0 ? next : undefined,
    // And among fresh work in whose turn it is first.
    destinations: destinations
      .map(({ destination, ...head }) => (fresh.has(destination) ? { destination } : { destination, ...head }))
      .sort((a, b) => (a.destination < b.destination ? -1 : 1)),
  }
}
