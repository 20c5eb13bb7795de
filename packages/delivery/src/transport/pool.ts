import type { Cancel, Clock, Millis, NextHopKey } from '@angarium/queue'
import type { ClientConnection } from '@angarium/smtp-wire/drive'
import type { Stop } from './stop.ts'
import type { Session, Target } from './target.ts'

/** How long and how many sessions wait for more work. */
export interface PoolLimits {
  readonly idleMs: Millis
  readonly idleSessions: number
  readonly idlePerNextHop: number
  readonly transactionsPerSession: number
}

interface Idle {
  readonly session: Session
  /** As it was put: the next delivery may see its target otherwise. */
  readonly target: Target
  readonly since: Millis
}

/** A session idle for longer is asked whether it still lives. */
const freshMs = 1_000

/** Sessions between two deliveries. Each is out with one delivery, or waits here for a short while. */
export class Pool {
  readonly #clock: Clock
  readonly #limits: PoolLimits
  /** The longest idle first, here as in all that follows. */
  readonly #idle = new Set<Idle>()
  readonly #byTarget = new Map<string, Idle[]>()
  readonly #perNextHop = new Map<NextHopKey, number>()
  readonly #leaving = new Set<Promise<void>>()
  /** Set for when the longest idle may have waited enough; runs on when that one is taken. */
  #timer: Cancel | undefined
  #closed = false

  constructor(clock: Clock, limits: PoolLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Sessions that wait. */
  get size(): number {
    return this.#idle.size
  }

  /** Sessions with this target that wait. */
  waiting({ key }: Target): number {
    return this.#byTarget.get(key)?.length ?? 0
  }

  /** A session with this target that still lives, the one used last. A promise where that one has to be asked. */
  take(target: Target, stop: Stop): Session | undefined | Promise<Session | undefined> {
    for (;;) {
      const idle = this.#byTarget.get(target.key)?.at(-1)
      if (idle === undefined) return undefined
      this.#remove(idle)
      const { session, since } = idle
      session.target = target
      if (!session.connection.usable) session.connection.close()
      else if (this.#clock.monotonic() - since < freshMs) return session
      else return this.#probed(session, target, stop)
    }
  }

  async #probed(session: Session, target: Target, stop: Stop): Promise<Session | undefined> {
    const { connection } = session
    const release = stop.on(() => connection.close())
    const lives = await connection.probe()
    release()
    if (lives) return session
    connection.close()
    return this.take(target, stop)
  }

  /** Takes a session back, to keep it or to end it. @rfc 9422 4.1 */
  put(session: Session): void {
    const { connection, transactions, target, limits } = session
    const { idleMs, idleSessions, idlePerNextHop, transactionsPerSession } = this.#limits
    if (!connection.usable) {
      connection.close()
      return
    }
    const { mailMax = transactionsPerSession } = limits
    if (this.#closed || transactions >= Math.min(mailMax, transactionsPerSession)) {
      this.leave(connection)
      return
    }
    if ((this.#perNextHop.get(target.nextHop) ?? 0) >= idlePerNextHop) this.#dropFirst(target.nextHop)
    else if (this.#idle.size >= idleSessions) this.#dropFirst()
    this.#add({ session, target, since: this.#clock.monotonic() })
    this.#timer ??= this.#clock.after(idleMs, this.#expire)
  }

  /** Says goodbye; `close` waits for that. */
  leave(connection: ClientConnection): void {
    const left = connection.quit().then(() => void this.#leaving.delete(left))
    this.#leaving.add(left)
  }

  /** Ends what waits, and keeps nothing from now on. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.()
    for (const idle of this.#idle) this.#drop(idle)
    await Promise.all(this.#leaving)
  }

  readonly #expire = (): void => {
    this.#timer = undefined
    const { idleMs } = this.#limits
    const now = this.#clock.monotonic()
    for (const idle of this.#idle) {
      const left = idle.since + idleMs - now
      if (left > 0) {
        this.#timer = this.#clock.after(left, this.#expire)
        return
      }
      this.#drop(idle)
    }
  }

  /** @param nextHop of any, where none is given */
  #dropFirst(nextHop?: NextHopKey): void {
    for (const idle of this.#idle)
      if (nextHop === undefined || idle.target.nextHop === nextHop) {
        this.#drop(idle)
        return
      }
  }

  #drop(idle: Idle): void {
    this.#remove(idle)
    this.leave(idle.session.connection)
  }

  #add(idle: Idle): void {
    const { key, nextHop } = idle.target
    this.#idle.add(idle)
    const beside = this.#byTarget.get(key)
    if (beside === undefined) this.#byTarget.set(key, [idle])
    else beside.push(idle)
    this.#perNextHop.set(nextHop, (this.#perNextHop.get(nextHop) ?? 0) + 1)
  }

  #remove(idle: Idle): void {
    const { key, nextHop } = idle.target
    this.#idle.delete(idle)
    const beside = this.#byTarget.get(key) ?? []
    if (beside.at(-1) === idle) beside.pop()
    else beside.splice(beside.indexOf(idle), 1)
    if (beside.length === 0) this.#byTarget.delete(key)
    const count = (this.#perNextHop.get(nextHop) ?? 0) - 1
    if (count > 0) this.#perNextHop.set(nextHop, count)
    else this.#perNextHop.delete(nextHop)
  }
}
