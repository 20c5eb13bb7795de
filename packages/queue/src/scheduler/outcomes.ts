import type { Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { leaseRefOf } from '../lifecycle/entry.ts'
import { checkSettlement } from '../lifecycle/settle.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { createSchedule, defaultRetryPolicy } from '../schedule/schedule.ts'
import { misuse } from '../store/check.ts'
import type { Lease, LeasedRecipient, Millis, RecipientSettlement, Settlement } from '../store/contract.ts'
import type { SchedulerOptions, Standstill } from './contract.ts'
import type { Waiting } from './deliveries.ts'

/** What comes of leases: asks those who deliver, and believes them only what can be. */
export class Outcomes {
  readonly #options: SchedulerOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #schedule: Schedule

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    this.#schedule = options.schedule ?? createSchedule({ random: options.random })
  }

  /** Whether all of it was given up by an operator, and can be settled as that without a place. */
  needNoAttempt({ recipients }: Lease): boolean {
    return this.#options.withoutAttempt !== undefined && recipients.every(({ bounce }) => bounce !== undefined)
  }

  /** Whether the sender is to be told of a delay, or of the end, of what a rate limit holds back. */
  isOverdue({ destination, acceptedAt, recipients }: Lease): boolean {
    const now = this.#clock.now()
    return recipients.some(({ attempts, notBefore, warned }) => {
      const age = { destination, acceptedAt, notBefore, now }
      return this.#asked(
        (schedule) =>
          schedule.warningDue({ ...age, warned }) || schedule.nextAttempt({ ...age, attempts }).kind === 'expired',
        false,
      )
    })
  }

  /** What comes of an attempt. Never rejects. */
  attempt({ lease, abort, transit }: Waiting): Promise<Settlement> {
    return this.#said(lease, () => this.#options.deliver(lease, abort, transit))
  }

  /** What is decided without one; counts none. Never rejects. */
  async decide(lease: Lease, why: Standstill): Promise<Settlement> {
    return notAttempted(await this.#said(lease, () => this.#options.withoutAttempt?.(lease, why)))
  }

  /** What is said of a lease, or a deferral when that is nothing usable. */
  async #said(lease: Lease, ask: () => Promise<Settlement> | undefined): Promise<Settlement> {
    try {
      return checked(lease, await ask())
    } catch (error) {
      this.#log.warn('delivery-failed', { ...leaseRefOf(lease), error })
      return this.#deferral(lease)
    }
  }

  #deferral(lease: Lease): Settlement {
    const recipients = lease.recipients.map((recipient) => {
      const delay = this.#delay(lease, recipient)
      return { index: recipient.index, kind: 'deferred', delay, because: 'internal error while delivering' } as const
    })
    return { lease: leaseRefOf(lease), recipients }
  }

  #delay({ destination, acceptedAt }: Lease, { attempts, notBefore }: LeasedRecipient): Millis {
    const now = this.#clock.now()
    return this.#asked((schedule) => {
      const next = schedule.nextAttempt({ destination, attempts, acceptedAt, notBefore, now })
      // Giving up takes a report to the sender, which is not ours to write.
      return next.kind === 'retry' ? next.delay : schedule.policyFor(destination).maxMs
    }, defaultRetryPolicy.maxMs)
  }

  /** What the schedule says, or something else when it throws. */
  #asked<T>(ask: (schedule: Schedule) => T, otherwise: T): T {
    try {
      return ask(this.#schedule)
    } catch (error) {
      this.#log.warn('schedule-failed', { error })
      return otherwise
    }
  }
}

/**
 * A decision without an attempt counts none: what it defers is given back for as long. But only a deferral remembers that
 * the sender was told.
 */
function notAttempted(settlement: Settlement): Settlement {
  const recipients = settlement.recipients.map((one): RecipientSettlement => {
    if (one.kind !== 'deferred' || one.warned === true) return one
    const { index, delay } = one
    return { index, kind: 'returned', delay }
  })
  return { ...settlement, recipients }
}

/** @throws QueueError QUEUE_MISUSE when it is not a settlement of this lease. */
function checked(lease: Lease, settlement: Settlement | undefined): Settlement {
  if (settlement === undefined) throw misuse('settle', 'there is no settlement')
  checkSettlement(settlement)
  const { id, destination, fence } = settlement.lease
  if (id !== lease.id || destination !== lease.destination || fence !== lease.fence)
    throw misuse('settle', 'the settlement is for another lease')
  for (const { index } of settlement.recipients)
    if (!lease.recipients.some((one) => one.index === index))
      throw misuse('settle', `recipient ${index} is not part of the lease`)
  return settlement
}
