import { QueueError } from '../error.ts'
import { isShort } from '../lifecycle/sender.ts'
import type { Change, CommitOptions, Envelope, Filter, LeaseRequest } from './contract.ts'

/**
 * What every store demands of an envelope and its options before it touches anything.
 *
 * @throws QueueError QUEUE_MISUSE
 */
export function checkCommit(envelope: Envelope, options: CommitOptions): void {
  if (envelope.recipients.length === 0) throw misuse('commit', 'the envelope has no recipient')
  for (const { destination } of envelope.recipients)
    if (destination === '') throw misuse('commit', 'a recipient has no destination')
  if (options.key === '') throw misuse('commit', 'an idempotency key is empty')
  for (const name of ['sender', 'source'] as const)
    if (!isShort(options[name] ?? '')) throw misuse('commit', `the ${name} is longer than 255 octets`)
  if (options.notBefore !== undefined && !isInstant(options.notBefore))
    throw misuse('commit', `notBefore is ${options.notBefore}`)
  const { priority = 0 } = options
  if (!Number.isInteger(priority) || Math.abs(priority) > 9) throw misuse('commit', `the priority is ${priority}`)
  if (options.lease !== undefined) checkDuration('commit', options.lease.duration)
}

/**
 * What every store demands of a lease request.
 *
 * @throws QueueError QUEUE_MISUSE
 */
export function checkLeaseRequest({ duration, limit, level = 0 }: LeaseRequest): void {
  checkDuration('lease', duration)
  if (!Number.isSafeInteger(limit) || limit < 0) throw misuse('lease', `the limit is ${limit}`)
  if (!Number.isFinite(level)) throw misuse('lease', `the level is ${level}`)
}

/**
 * What every store demands of a filter.
 *
 * @throws QueueError QUEUE_MISUSE
 */
export function checkFilter(operation: string, { ids = [], acceptedBefore = 0, acceptedAfter = 0 }: Filter): void {
  if (ids.length > maxIds) throw misuse(operation, `${ids.length} ids in a filter, at most ${maxIds}`)
  for (const time of [acceptedBefore, acceptedAfter])
    if (Number.isNaN(time)) throw misuse(operation, 'a time in a filter is no number')
}

/**
 * What every store demands of a change.
 *
 * @throws QueueError QUEUE_MISUSE
 */
export function checkChange(filter: Filter, change: Change): void {
  checkFilter('change', filter)
  if (change.kind === 'reroute' && change.destination === '') throw misuse('change', 'rerouted to no destination')
}

/** @throws QueueError QUEUE_MISUSE unless the duration is positive and finite. */
export function checkDuration(operation: string, duration: number): void {
  if (!(duration > 0 && duration < 2 ** 45)) throw misuse(operation, `a lease lasts ${duration} ms`)
}

/** A {@link QueueError} for a caller that broke the contract. */
export function misuse(operation: string, because: string): QueueError<'QUEUE_MISUSE'> {
  return new QueueError('QUEUE_MISUSE', `${operation}: ${because}`, { operation, because })
}

const maxIds = 1_000

function isInstant(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= 8.64e15
}
