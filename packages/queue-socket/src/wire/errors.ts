import type { QueueErrorCode, QueueErrorDetails } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { object, record, text } from './shape.ts'

/** Codes that cross as they are; any other error becomes QUEUE_STORE_FAILED. */
const crossing: readonly QueueErrorCode[] = [
  'QUEUE_STORE_FAILED',
  'QUEUE_NOT_FOUND',
  'QUEUE_CORRUPT',
  'QUEUE_MISUSE',
  'QUEUE_FORMAT',
]

interface CrossingError {
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Makes an error ready to cross. */
export function packError(error: unknown, operation: string): CrossingError {
  const code = crossing.find((one) => QueueError.is(error, one))
  if (code !== undefined) {
    const { message, detail } = error as QueueError
    return { code, message, detail: { ...detail } }
  }
  // The owner's store is closed when the owner goes down; the guest's is open still, and will find the next owner.
  const message = `${operation}: ${error instanceof Error ? error.message : String(error)}`
  return { code: 'QUEUE_STORE_FAILED', message, detail: { operation } }
}

const shape = record<CrossingError>({
  code: text,
  message: text,
  detail: object,
})

/** The error that crossed. @throws Malformed */
export function unpackError(value: unknown): QueueError {
  const { code, message, detail } = shape(value)
  const known = crossing.find((one) => one === code)
  if (known === undefined) return storeFailed('ask', message)
  return new QueueError(known, message, detail as unknown as QueueErrorDetails[typeof known])
}

/** The owner is not there, or what it did with a question is not known. */
export function storeFailed(operation: string, because: string): QueueError<'QUEUE_STORE_FAILED'> {
  return new QueueError('QUEUE_STORE_FAILED', `${operation}: ${because}`, { operation })
}
