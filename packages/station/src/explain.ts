import type { Delivery, Way } from '@angarium/delivery'
import type {
  DestinationKey,
  DestinationSnapshot,
  Entry,
  EntryRecipient,
  Hindrance,
  Scheduler,
  SchedulerSnapshot,
} from '@angarium/queue'

/** Why a message is where it is: as it stands in the queue, and what its mail meets with on the way. */
export interface Explanation {
  readonly entry: Entry
  /** Of recipients that are still to be served, in their order. */
  readonly destinations: readonly DestinationExplanation[]
}

/** What the mail of one destination meets with. */
export interface DestinationExplanation {
  readonly destination: DestinationKey
  /** Why what is due would not begin at once; empty: it would. */
  readonly hindrances: readonly Hindrance[]
  /** Which way it goes, or why it goes none; absent where no server is at work. */
  readonly way?: Way
}

/** Of so many destinations at a time the way is looked up. */
const atOnce = 20

/** Asks the parts of a server that is at work. */
export async function explainEntry(
  entry: Entry,
  scheduler: Pick<Scheduler, 'explain'>,
  delivery: Pick<Delivery, 'explain'>,
): Promise<Explanation> {
  const { sender, source } = entry
  const who = { sender, ...(source !== undefined && { source }) }
  const keys = destinationsOf(entry)
  const destinations: DestinationExplanation[] = []
  while (destinations.length < keys.length)
    destinations.push(
      ...(await Promise.all(
        keys.slice(destinations.length, destinations.length + atOnce).map(async (destination) => ({
          destination,
          hindrances: scheduler.explain({ destination, ...who }),
          way: await delivery.explain(destination, entry),
        })),
      )),
    )
  return { entry, destinations }
}

/** What is to be said where no server is at work. */
export function explainAtRest(entry: Entry): Explanation {
  const hindrances = [{ kind: 'not-running', state: 'stopped' }] as const
  return { entry, destinations: destinationsOf(entry).map((destination) => ({ destination, hindrances })) }
}

/** What is being delivered, with what holds up each destination, whoever its mail is from. */
export interface StationSnapshot extends SchedulerSnapshot {
  readonly destinations: readonly (DestinationSnapshot & Pick<DestinationExplanation, 'hindrances'>)[]
}

/** Asks a scheduler. */
export function snapshotOf(scheduler: Pick<Scheduler, 'snapshot' | 'explain'>): StationSnapshot {
  const snapshot = scheduler.snapshot()
  const destinations = snapshot.destinations.map((one) => ({
    ...one,
    hindrances: scheduler.explain({ destination: one.destination, sender: '' }).filter(isForAll),
  }))
  return { ...snapshot, destinations }
}

/** Not a limit of one sender or source. */
function isForAll(hindrance: Hindrance): boolean {
  return hindrance.kind !== 'rate' || (hindrance.limit.by !== 'sender' && hindrance.limit.by !== 'source')
}

function destinationsOf({ recipients }: Entry): readonly DestinationKey[] {
  return [...new Set(recipients.filter(isOpen).map(({ destination }) => destination))]
}

function isOpen({ state }: EntryRecipient): boolean {
  return state === 'queued' || state === 'leased' || state === 'deferred' || state === 'held'
}
