import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Log } from '@angarium/queue'
import type { CredentialRecord, Secret, Verdict } from '@angarium/sasl'

/** Checks passwords, away from the thread that serves. */
export interface PasswordChecker {
  /** Costs the same for a user who is not there, whose records are none. Never rejects. */
  check(records: readonly CredentialRecord[], password: Secret): Promise<Verdict>
  close(): Promise<void>
}

/** What the thread is asked, and what it answers. */
export interface PasswordQuestion {
  readonly id: number
  readonly records: readonly CredentialRecord[]
  readonly password: string
}
export interface PasswordAnswer {
  readonly id: number
  readonly verdict: Verdict
}

/** Passwords that may wait; more cannot be looked at now. */
const maxWaiting = 200

/**
 * Checks passwords in a thread of its own, one after the other: neither the event loop nor the pool that syncs files waits
 * for them. A thread that died is replaced at the next check.
 */
export function createPasswordChecker(log: Log): PasswordChecker {
  const waiting = new Map<number, (verdict: Verdict) => void>()
  let worker: Worker | undefined
  let last = 0

  function thread(): Worker {
    if (worker !== undefined) return worker
    const started = startThread()
    const gone = (error: unknown): void => {
      if (worker !== started) return
      worker = undefined
      log.warn('password-thread-failed', { error })
      for (const settle of waiting.values()) settle('unavailable')
      waiting.clear()
    }
    started.on('message', ({ id, verdict }: PasswordAnswer) => {
      waiting.get(id)?.(verdict)
      waiting.delete(id)
    })
    started.on('error', gone)
    started.on('exit', (code) => gone(`it ended with ${code}`))
    worker = started
    return started
  }

  return {
    check(records, password) {
      if (waiting.size >= maxWaiting) return Promise.resolve('unavailable')
      return new Promise((resolve) => {
        const question: PasswordQuestion = { id: ++last, records, password: password.reveal() }
        waiting.set(question.id, resolve)
        thread().postMessage(question)
      })
    },
    async close() {
      const running = worker
      worker = undefined
      for (const settle of waiting.values()) settle('unavailable')
      waiting.clear()
      await running?.terminate()
    },
  }
}

function startThread(): Worker {
  // Built, the thread's file lies beside this chunk; from sources it is TypeScript and so is what it imports.
  const source = import.meta.url.endsWith('.ts')
  // See the thread of `@angarium/queue-sqlite`.
  if (source) setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000')
  const file = source
    ? new URL('../password-worker.ts', import.meta.url)
    : new URL('./password-worker.js', import.meta.url)
  return new Worker(file, { execArgv: source ? ['--conditions=@angarium/source'] : [] })
}
