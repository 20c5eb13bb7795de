import type { Random } from '../clock.ts'
import type { DestinationKey, Instant, Millis } from '../store/contract.ts'

/** When to try again, when to tell the sender, when to give up. All spans in milliseconds. @rfc 5321 4.5.4.1 */
export interface RetryPolicy {
  /** Wait after the first failed attempt. */
  readonly firstMs: Millis
  /** No wait is longer, jitter aside. */
  readonly maxMs: Millis
  /** Each wait is so many times the one before. */
  readonly factor: number
  /** Waits vary by this fraction up and down, so that what failed together does not come back together. 0 to 1. */
  readonly jitter: number
  /** The first attempt that fails after so long is the last one, whatever their number; none before that is. */
  readonly lifetimeMs: Millis
  /** After so long the sender is told of the delay, once. */
  readonly warnAfterMs: Millis
}

/** First retry after 5 minutes, doubling to 66 minutes 40 seconds; notice after 4 hours; given up after 5 days. */
export const defaultRetryPolicy: RetryPolicy = {
  firstMs: 300_000,
  maxMs: 4_000_000,
  factor: 2,
  jitter: 0.2,
  lifetimeMs: 432_000_000,
  warnAfterMs: 14_400_000,
}

/** What the age of a message is told from; a {@link Lease} and its recipients have all of it. */
export interface AgeQuestion {
  readonly destination: DestinationKey
  readonly acceptedAt: Instant
  /** Of a future release: age counts from here, so that a long wait does not use up the lifetime. @rfc 4865 4.2 */
  readonly notBefore?: Instant | undefined
  readonly now: Instant
}

/** What a schedule looks at to decide about a retry. */
export interface RetryQuestion extends AgeQuestion {
  /** Attempts begun so far, the failed one included. */
  readonly attempts: number
}

/** Try again no earlier than `delay` from now, or give up. */
export type RetryDecision = { readonly kind: 'retry'; readonly delay: Millis } | { readonly kind: 'expired' }

/** Decides about retries. Stateless but for its source of jitter. */
export interface Schedule {
  policyFor(destination: DestinationKey): RetryPolicy
  nextAttempt(question: RetryQuestion): RetryDecision
  /** Whether the sender is to be told of the delay now. */
  warningDue(question: AgeQuestion & { readonly warned: boolean }): boolean
}

/** What a {@link Schedule} is made of. */
export interface ScheduleOptions {
  readonly random: Random
  /** What is left out is as in {@link defaultRetryPolicy}. */
  readonly policy?: Partial<RetryPolicy>
  /** Where a destination differs from `policy`. What it answers must be sound: a question about it throws RangeError else. */
  readonly policyOf?: (destination: DestinationKey) => Partial<RetryPolicy> | undefined
}

/**
 * Makes a {@link Schedule}. The last wait is cut so that one more attempt falls on the end of the lifetime.
 *
 * @throws RangeError for a policy that could spin or never end.
 * @rfc 5321 4.5.4.1
 */
export function createSchedule({ random, policy, policyOf }: ScheduleOptions): Schedule {
  const general = checked({ ...defaultRetryPolicy, ...policy })
  const policyFor = (destination: DestinationKey): RetryPolicy => {
    const own = policyOf?.(destination)
    return own === undefined ? general : checked({ ...general, ...own })
  }
  return {
    policyFor,
    nextAttempt({ attempts, ...question }) {
      const { lifetimeMs, jitter, ...steps } = policyFor(question.destination)
      const left = lifetimeMs - age(question)
      if (left <= 0) return { kind: 'expired' }
      return { kind: 'retry', delay: Math.min(left, jittered(backOff(steps, attempts), jitter, random)) }
    },
    warningDue({ warned, ...question }) {
      return !warned && age(question) >= policyFor(question.destination).warnAfterMs
    },
  }
}

/** A clock that was set back makes messages of the future; they are new, not ageless. */
function age({ acceptedAt, notBefore = acceptedAt, now }: Omit<AgeQuestion, 'destination'>): Millis {
  return Math.max(0, now - Math.max(acceptedAt, notBefore))
}

type Steps = Pick<RetryPolicy, 'firstMs' | 'maxMs' | 'factor'>

function backOff({ firstMs, maxMs, factor }: Steps, attempts: number): Millis {
  return Math.min(maxMs, firstMs * factor ** Math.max(0, attempts - 1))
}

/** `delay`, up to the fraction `jitter` more or less, in whole milliseconds. */
export function jittered(delay: Millis, jitter: number, random: Random): Millis {
  const span = Math.floor(delay * jitter)
  return Math.max(1, Math.round(delay) - span + random.below(2 * span + 1))
}

function checked(policy: RetryPolicy): RetryPolicy {
  const { firstMs, maxMs, factor, jitter, lifetimeMs, warnAfterMs } = policy
  const sane =
    firstMs >= 1 &&
    maxMs >= firstMs &&
    maxMs <= lifetimeMs &&
    factor >= 1 &&
    jitter >= 0 &&
    jitter <= 1 &&
    lifetimeMs < 2 ** 45 &&
    warnAfterMs >= 0
  if (sane) return policy
  throw new RangeError('retry policy: expected 1 <= firstMs <= maxMs <= lifetimeMs, factor >= 1, jitter 0..1')
}
