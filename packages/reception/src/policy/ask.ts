import type { Clock, Millis } from '@angarium/queue'
import type { Soon } from '@angarium/smtp-wire/drive'

/** Goes on with a value once it is there; at once where it is there already. */
export function chain<A, B>(value: Soon<A>, next: (value: A) => Soon<B>): Soon<B> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** By shape: a promise of another library or realm is one too. */
export function isPromise<T>(value: Soon<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/**
 * Asks a question that may throw, reject or take too long; then `failed` answers it. Only the first of these counts.
 */
export function ask<T>(
  clock: Clock,
  deadlineMs: Millis,
  question: () => Soon<T>,
  failed: (because: unknown) => T,
): Soon<T> {
  let answer: Soon<T>
  try {
    answer = question()
  } catch (error) {
    return failed(error)
  }
  return isPromise(answer) ? withDeadline(clock, deadlineMs, answer, failed) : answer
}

function withDeadline<T>(
  clock: Clock,
  deadlineMs: Millis,
  answer: Promise<T>,
  failed: (because: unknown) => T,
): Promise<T> {
  return new Promise((resolve) => {
    let open = true
    const settle = (value: () => T): void => {
      if (!open) return
      open = false
      cancel()
      resolve(value())
    }
    const cancel = clock.after(deadlineMs, () => settle(() => failed(`no answer in ${deadlineMs} ms`)))
    answer.then(
      (value) => settle(() => value),
      (error: unknown) => settle(() => failed(error)),
    )
  })
}
