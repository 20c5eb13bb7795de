import { QueueError } from '../error.ts'
import type { CommitOptions, Envelope, LeaseRequest } from './contract.ts'

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

/** @throws QueueError QUEUE_MISUSE unless the duration is positive and finite. */
export function checkDuration(operation: string, duration: number): void {
  if (!(duration > 0 && duration < 2 ** 45)) throw misuse(operation, `a lease lasts ${duration} ms`)
}

/** A {@link QueueError} for a caller that broke the contract. */
export function misuse(operation: string, because: string): QueueError<'QUEUE_MISUSE'> {
  return new QueueError('QUEUE_MISUSE', `${operation}: ${because}`, { operation, because })
}

function isInstant(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= 8.64e15
}
