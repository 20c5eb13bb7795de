/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** Time as the loops need it; the same shape as the queue's clock. */
export interface Clock {
  /** Wall-clock time; may jump. */
  now(): Instant
  /** Milliseconds that never run back, from any fixed point. All deadlines are counted by it. */
  monotonic(): number
  /** Runs once, no earlier than `delay` milliseconds from now and never before returning. The result cancels. */
  after(delay: number, run: () => void): () => void
}

/** Where a loop tells what it did. Remote text in `fields` is data: the receiver escapes it. */
export interface Log {
  info(event: string, fields: Readonly<Record<string, unknown>>): void
  warn(event: string, fields: Readonly<Record<string, unknown>>): void
}

/** The part of an `AbortSignal` that is needed here; a real one may be used wherever this is asked for. */
export interface AbortLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}
