/** What went wrong, by code. */
export interface QueueErrorDetails {
  /** The store is not open (any more). */
  readonly QUEUE_CLOSED: { readonly operation: string }
  /**
   * Disk or database failed; nothing of the call was applied, unless the failing step was the commit itself. `full`:
   * for want of room alone.
   */
  readonly QUEUE_STORE_FAILED: { readonly operation: string; readonly full?: true }
  /** No message has this id (any more). */
  readonly QUEUE_NOT_FOUND: { readonly id: string }
  /** What is stored is not what was accepted; the message is set aside and told by `scan`. */
  readonly QUEUE_CORRUPT: { readonly id: string; readonly because: string }
  /** The caller broke the contract: a draft used twice, an index the lease does not hold. Nothing was applied. */
  readonly QUEUE_MISUSE: { readonly operation: string; readonly because: string }
  /** Another process, or another store of this process, has the queue open. */
  readonly QUEUE_LOCKED: { readonly where: string }
  /** What is there is not a queue, or one of a newer version. It was left untouched. */
  readonly QUEUE_FORMAT: { readonly where: string; readonly found: string; readonly expected: string }
}

/** Codes of {@link QueueError}. */
export type QueueErrorCode = keyof QueueErrorDetails

/** Thrown when the caller or the store is at fault; a remote refusal is an outcome, not an error. */
export class QueueError<C extends QueueErrorCode = QueueErrorCode> extends Error {
  override readonly name = 'QueueError'
  readonly code: C
  readonly detail: QueueErrorDetails[C]

  constructor(code: C, message: string, detail: QueueErrorDetails[C], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends QueueErrorCode>(value: unknown, code: C): value is QueueError<C> {
    return value instanceof Error && value.name === 'QueueError' && (value as Partial<QueueError>).code === code
  }
}
