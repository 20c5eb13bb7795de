import { once } from 'node:events'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, TLSSocket } from 'node:tls'

/** One end of an attack: octets out exactly as told, replies or lines in, and TLS that can be cut from the wire below it. */
export class Wire {
  #plain
  #secure
  #text = ''
  /** Whole replies (or, to a hostile server, client lines) nobody has claimed. */
  items = []
  /** All that ever came, and everything received in clear. */
  received = 0
  closed = false
  closedAt
  error
  #framing
  #wake = new Set()

  static async open(port, address, framing, localAddress) {
    const socket = connect({ port, host: address, ...(localAddress && { localAddress }) })
    await once(socket, 'connect')
    return new Wire(socket, framing)
  }

  /** @param framing a global-less pattern for one whole item at the front of the text */
  constructor(socket, framing) {
    this.#plain = socket
    this.#framing = framing
    socket.setNoDelay(true)
    socket.on('data', (octets) => this.#take(octets))
    socket.on('error', (error) => {
      this.error = error
    })
    socket.on('close', () => {
      this.closed = true
      this.closedAt = performance.now()
      this.#stir()
    })
    // A half-closed server has closed as far as an attacker can see.
    socket.on('end', () => {
      this.closed = true
      this.closedAt ??= performance.now()
      this.#stir()
    })
  }

  get socket() {
    return this.#plain
  }
  get rest() {
    return this.#text
  }
  get secured() {
    return this.#secure !== undefined
  }

  #take(octets) {
    this.#text += octets.toString('latin1')
    for (let found = this.#framing.exec(this.#text); found !== null; found = this.#framing.exec(this.#text)) {
      this.#text = this.#text.slice(found[0].length)
      this.items.push(found[0])
      this.received++
    }
    this.#stir()
  }

  #stir() {
    for (const wake of this.#wake) wake()
  }

  /** Takes raw text instead of items from here on, until `end` stands in it; answers what came up to it. */
  async takeUntil(end, timeoutMs) {
    this.#text = this.items.splice(0).join('') + this.#text
    const framing = this.#framing
    this.#framing = NOTHING
    await this.#until(() => this.#text.includes(end) || this.closed, timeoutMs)
    const at = this.#text.indexOf(end)
    const taken = at === -1 ? this.#text : this.#text.slice(0, at + end.length)
    this.#text = this.#text.slice(taken.length)
    this.#framing = framing
    this.#take(Buffer.alloc(0))
    return at === -1 ? undefined : taken
  }

  async #until(ready, timeoutMs) {
    const end = performance.now() + timeoutMs
    while (!ready()) {
      const left = end - performance.now()
      if (left <= 0) return false
      await new Promise((done) => {
        const timer = setTimeout(finish, left)
        const wake = this.#wake
        function finish() {
          clearTimeout(timer)
          wake.delete(finish)
          done()
        }
        wake.add(finish)
      })
    }
    return true
  }

  /** The next item; `closed` when none can come any more, `undefined` when none came in time. */
  async next(timeoutMs) {
    await this.#until(() => this.items.length > 0 || this.closed, timeoutMs)
    const item = this.items.shift()
    return item ?? (this.closed ? 'closed' : undefined)
  }

  /** Waits for the other side's end. */
  ended(timeoutMs) {
    return this.#until(() => this.closed, timeoutMs)
  }

  /** Resolves when the octets are gone or the connection is. */
  write(octets) {
    const socket = this.#secure ?? this.#plain
    if (this.closed || socket.destroyed) return Promise.resolve()
    return new Promise((done) => {
      const over = () => {
        this.#wake.delete(over)
        done()
      }
      this.#wake.add(over)
      socket.write(octets, over)
    })
  }

  writePlain(octets) {
    if (!this.#plain.destroyed) this.#plain.write(octets)
  }

  /** TLS over a pipe of ours, so that its end need not be the connection's. `options.isServer` picks the side. */
  async secure(options, timeoutMs) {
    const plain = this.#plain
    plain.removeAllListeners('data')
    const pipe = new Duplex({
      read: () => undefined,
      write: (octets, _, done) => (plain.destroyed ? done() : plain.write(octets, () => done())),
      final: (done) => done(),
    })
    plain.on('data', (octets) => pipe.push(octets))
    plain.on('close', () => pipe.destroy())
    const socket = options.isServer
      ? new TLSSocket(pipe, options)
      : connectTls({ socket: pipe, rejectUnauthorized: false, ...options })
    socket.on('data', (octets) => this.#take(octets))
    let up = false
    let over = false
    socket.on(options.isServer ? 'secure' : 'secureConnect', () => {
      up = true
      this.#stir()
    })
    socket.on('error', () => {
      over = true
      this.#stir()
    })
    socket.on('close', () => {
      over = true
      this.#stir()
    })
    await this.#until(() => up || over || this.closed, timeoutMs)
    if (up) this.#secure = socket
    return up
  }

  closeNotify() {
    this.#secure?.end()
  }
  pause(ms) {
    this.#plain.pause()
    setTimeout(() => this.#plain.resume(), ms)
  }
  fin() {
    this.#plain.end()
  }
  rst() {
    this.#plain.resetAndDestroy()
  }
  close() {
    this.#plain.destroy()
  }
}

/** One whole SMTP reply, all its lines. */
export const replies = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*|\r)?\n/
/** One line of a client. */
export const lines = /^[^\n]*\n/
const NOTHING = /^(?!)/
