/**
 * How long the peer may let us wait for a line or for content. Only the time spent waiting for it counts: what we take
 * ourselves to store or decide is not its fault, and a drip of single octets wins it nothing.
 */
export class Patience {
  #since: number | undefined
  #spent = 0

  /** The peer is waited for from now on. */
  wait(now: number): void {
    this.#since ??= now
  }

  /** It sent something. */
  heard(now: number): void {
    if (this.#since === undefined) return
    this.#spent += now - this.#since
    this.#since = undefined
  }

  /** A new line or a new content begins. */
  renew(): void {
    this.#spent = 0
    this.#since = undefined
  }

  /**
   * When patience ends; `undefined` while nobody waits.
   *
   * @param once longest single wait
   * @param earned what was sent adds so much to the time for the whole
   */
  end(once: number, earned: number): number | undefined {
    return this.#since === undefined ? undefined : this.#since + Math.min(once, once + earned - this.#spent)
  }
}
