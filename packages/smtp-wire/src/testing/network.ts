import type { AbortLike, Clock } from '../drive/environment.ts'
import { DialError, type Dialer, type Transport } from '../drive/transport.ts'
import { Link, type LinkOptions } from './link.ts'
import type { Certificate } from './tls.ts'

/** What goes wrong with connections to a host. */
export interface Faults extends LinkOptions {
  /** `refuse`: ECONNREFUSED at once. `blackhole`: ETIMEDOUT after the dialer's time. */
  readonly dial?: 'refuse' | 'blackhole'
}

/** What a network is made with. */
export interface NetworkOptions {
  /** Times delays and dial time-outs. */
  readonly clock: Clock
  /** Of connections to every server that {@link Network.disturb} says nothing about. */
  readonly faults?: Faults
}

/** An internet in memory: hosts are addresses, connections are octets handed over. Nothing in it is random. */
export interface Network {
  /**
   * Accepts connections to an address and port; the result stops that. Without `certificate` every TLS handshake fails.
   *
   * @throws Error when somebody listens there already
   */
  listen(
    address: string,
    port: number,
    onConnection: (transport: Transport) => void,
    options?: { readonly certificate?: Certificate },
  ): () => void
  /** What the host with this address dials with. An address nobody listens at refuses. */
  dialer(address: string): Dialer
  /** Sets what goes wrong with new connections to this address; `undefined`: nothing any more. */
  disturb(address: string, faults: Faults | undefined): void
  /** Cuts every connection this address has a part in, as a power failure of its host does. */
  cut(address: string): void
  /** Connections that neither end has closed. */
  readonly connections: number
}

/** Makes a network with nobody in it. */
export function createNetwork(options: NetworkOptions): Network {
  return new MemoryNetwork(options)
}

interface Listener {
  readonly onConnection: (transport: Transport) => void
  readonly certificate: Certificate | undefined
}

class MemoryNetwork implements Network {
  readonly #clock: Clock
  readonly #faults: Faults
  readonly #disturbed = new Map<string, Faults>()
  readonly #listeners = new Map<string, Listener>()
  #links: Link[] = []
  #port = 49_152

  constructor({ clock, faults = {} }: NetworkOptions) {
    this.#clock = clock
    this.#faults = faults
  }

  listen(
    address: string,
    port: number,
    onConnection: (transport: Transport) => void,
    options: { readonly certificate?: Certificate } = {},
  ): () => void {
    const key = `${address} ${port}`
    if (this.#listeners.has(key)) throw new Error(`${key}: somebody listens there already`)
    this.#listeners.set(key, { onConnection, certificate: options.certificate })
    return () => void this.#listeners.delete(key)
  }

  dialer(address: string): Dialer {
    return {
      dial: async ({ address: to, port }, { timeout, localAddress = address, signal }) => {
        const faults = this.#disturbed.get(to) ?? this.#faults
        const listener = this.#listeners.get(`${to} ${port}`)
        const blackhole = faults.dial === 'blackhole'
        const isDue = await this.#pass(blackhole ? timeout : (faults.delay ?? 0), signal)
        if (!isDue) throw dialFailed('ECANCELED', to, port)
        if (blackhole) throw dialFailed('ETIMEDOUT', to, port)
        if (listener === undefined || faults.dial === 'refuse') throw dialFailed('ECONNREFUSED', to, port)
        return this.#connect(localAddress, to, port, listener, faults)
      },
    }
  }

  disturb(address: string, faults: Faults | undefined): void {
    if (faults === undefined) this.#disturbed.delete(address)
    else this.#disturbed.set(address, faults)
  }

  cut(address: string): void {
    for (const link of this.#open()) {
      const { peer } = link.server
      if (peer.address === address || peer.localAddress === address) link.cut()
    }
  }

  get connections(): number {
    return this.#open().length
  }

  #open(): readonly Link[] {
    this.#links = this.#links.filter((link) => link.open)
    return this.#links
  }

  #connect(from: string, to: string, port: number, listener: Listener, faults: Faults): Transport {
    const seen = { address: from, port: this.#port++, localAddress: to, localPort: port }
    const link = new Link(this.#clock, seen, listener.certificate, faults)
    this.#open()
    this.#links.push(link)
    listener.onConnection(link.server)
    return link.client
  }

  /** Waits; `false`: the signal fired first. */
  #pass(delay: number, signal: AbortLike | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      if (delay === 0 || signal?.aborted === true) {
        resolve(signal?.aborted !== true)
        return
      }
      const end = (isDue: boolean): void => {
        cancel()
        signal?.removeEventListener('abort', giveUp)
        resolve(isDue)
      }
      const giveUp = (): void => end(false)
      const cancel = this.#clock.after(delay, () => end(true))
      signal?.addEventListener('abort', giveUp)
    })
  }
}

function dialFailed(code: string, address: string, port: number): DialError {
  return new DialError(code, `${address} port ${port}: ${code}`)
}
