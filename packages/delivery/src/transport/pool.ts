import type { Cancel, Clock, Millis } from '@angarium/queue'
import type { ClientConnection } from '@angarium/smtp-wire/drive'
import type { Stop } from './stop.ts'
import { type Session, type Target, targetKey } from './target.ts'

/** How long and how many sessions wait for more work. */
export interface PoolLimits {
  readonly idleMs: Millis
  readonly idleSessions: number
  readonly transactionsPerSession: number
}

interface Idle {
  readonly key: string
  readonly session: Session
  readonly since: Millis
  readonly cancel: Cancel
}

/** A session idle for longer is asked whether it still lives. */
const freshMs = 1_000

/** Sessions between two deliveries. Each is out with one delivery, or waits here for a short while. */
export class Pool {
  readonly #clock: Clock
  readonly #limits: PoolLimits
  /** The longest idle first. */
  readonly #idle: Idle[] = []
  readonly #leaving = new Set<Promise<void>>()
  #closed = false

  constructor(clock: Clock, limits: PoolLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Sessions that wait. */
  get size(): number {
    return this.#idle.length
  }

  /** A session with this target that still lives, the one used last. */
  async take(target: Target, stop: Stop): Promise<Session | undefined> {
    const key = targetKey(target)
    for (;;) {
      const at = this.#idle.findLastIndex((idle) => idle.key === key)
      const [found] = at === -1 ? [] : this.#idle.splice(at, 1)
      if (found === undefined) return undefined
      found.cancel()
      const { session, since } = found
      const { connection } = session
      session.target = target
      if (connection.usable) {
        if (this.#clock.monotonic() - since < freshMs) return session
        const release = stop.on(() => connection.close())
        const lives = await connection.probe()
        release()
        if (lives) return session
      }
      connection.close()
    }
  }

  /** Takes a session back, to keep it or to end it. @rfc 9422 4.1 */
  put(session: Session): void {
    const { connection, transactions, target, limits } = session
    const { idleMs, idleSessions, transactionsPerSession } = this.#limits
    if (!connection.usable) {
      connection.close()
      return
    }
    const { mailMax = transactionsPerSession } = limits
    if (this.#closed || transactions >= Math.min(mailMax, transactionsPerSession)) {
      this.leave(connection)
      return
    }
    const idle: Idle = {
      key: targetKey(target),
      session,
      since: this.#clock.monotonic(),
      cancel: this.#clock.after(idleMs, () => this.#drop(idle)),
    }
    this.#idle.push(idle)
    const [oldest] = this.#idle
    if (this.#idle.length > idleSessions && oldest !== undefined) this.#drop(oldest)
  }

  /** Says goodbye; `close` waits for that. */
  leave(connection: ClientConnection): void {
    const left = connection.quit().then(() => void this.#leaving.delete(left))
    this.#leaving.add(left)
  }

  /** Ends what waits, and keeps nothing from now on. */
  async close(): Promise<void> {
    this.#closed = true
    for (const idle of [...this.#idle]) this.#drop(idle)
    await Promise.all(this.#leaving)
  }

  #drop(idle: Idle): void {
    idle.cancel()
    const at = this.#idle.indexOf(idle)
    if (at === -1) return
    this.#idle.splice(at, 1)
    this.leave(idle.session.connection)
  }
}
