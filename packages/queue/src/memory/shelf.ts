import { filterPassesMessage } from '../lifecycle/filter.ts'
import { Turns } from '../lifecycle/turns.ts'
import type { Tally, Work } from '../lifecycle/work.ts'
import { isFinished, tallied, tally } from '../lifecycle/work.ts'
import type { DestinationKey, Due, Filter, Instant, QueueId, QueueStats } from '../store/contract.ts'
import { DueIndex } from './due-index.ts'
import type { Message } from './message.ts'

/** The messages, who is in line, and the ledger. */
export class Shelf {
  readonly #messages = new Map<QueueId, Message>()
  readonly #index = new DueIndex<Message>()
  readonly #turns = new Turns((of) => this.#index.leastPlace(of))
  /** Recipients of messages that are gone, and how many there ever were. */
  #gone: Tally = tally([])
  #accepted = 0

  add(message: Message, now: Instant): void {
    this.#messages.set(message.facts.id, message)
    for (const work of message.works.values()) {
      this.#accepted += work.recipients.length
      this.put(message, work, now)
    }
  }

  /** Stores work in its new shape; the message goes when nothing is left to do for it. */
  put(message: Message, work: Work, now: Instant): void {
    const placed = this.#turns.place(work, now)
    message.works.set(work.destination, placed)
    this.#index.set(message, placed)
    if (!isFinished(work) || ![...message.works.values()].every(isFinished)) return
    this.#gone = sum([this.#gone, tally(message.works.values())])
    this.#messages.delete(message.facts.id)
  }

  get(id: QueueId): Message | undefined {
    return this.#messages.get(id)
  }

  all(): Iterable<Message> {
    return this.#messages.values()
  }

  /** Messages in order of their ids that pass the filter for themselves: those there now, as long as they are there. */
  *chosen(filter: Filter): Generator<Message> {
    const ids = filter.ids ?? this.#messages.keys()
    for (const id of [...new Set(ids)].sort()) {
      const message = this.#messages.get(id as QueueId)
      if (message !== undefined && filterPassesMessage(filter, message.facts)) yield message
    }
  }

  due(now: Instant, limit: number): Due {
    return this.#index.due(now, limit)
  }

  first(destination: DestinationKey, level: number, now: Instant, limit: number): readonly Message[] {
    return this.#index.first(destination, level, now, limit)
  }

  get stats(): QueueStats {
    const present = [...this.#messages.values()].map(({ works }) => tally(works.values()))
    return { messages: this.#messages.size, accepted: this.#accepted, ...sum([this.#gone, ...present]), corrupt: 0 }
  }
}

function sum(tallies: readonly Tally[]): Tally {
  const total: { -readonly [K in keyof Tally]: number } = { ...tally([]) }
  for (const one of tallies) for (const state of tallied) total[state] += one[state]
  return total
}
