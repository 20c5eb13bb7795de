// A client that shares no code with what it tests: it says what it is told to, and reads replies.
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** One connection. Replies come in order by `reply`; `closed` once the other side has ended. */
export class Talker {
  #socket
  #text = ''
  #waiting = []
  closed = false

  static open(port, address = '127.0.0.1', options = {}) {
    return new Promise((opened, failed) => {
      const socket = connect({ port, host: address, ...options })
      socket.once('error', failed)
      socket.once('connect', () => {
        socket.off('error', failed)
        opened(new Talker(socket))
      })
    })
  }

  constructor(socket) {
    this.#adopt(socket)
  }

  #adopt(socket) {
    this.#socket = socket
    socket.on('data', (octets) => {
      this.#text += octets.toString('latin1')
      this.#serve()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.closed = true
      this.#serve()
    })
  }

  #serve() {
    while (this.#waiting.length > 0) {
      const whole = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r?\n/.exec(this.#text)
      if (whole === null) {
        if (this.closed) for (const { failed } of this.#waiting.splice(0)) failed(new ConnectionLost(this.#text))
        return
      }
      this.#text = this.#text.slice(whole[0].length)
      this.#waiting.shift().got(whole[0])
    }
  }

  /** The next whole reply, all its lines. Rejects with {@link ConnectionLost}. */
  reply() {
    return new Promise((got, failed) => {
      this.#waiting.push({ got, failed })
      this.#serve()
    })
  }

  send(octets) {
    if (!this.closed) this.#socket.write(octets)
  }

  /** Says a line and expects its reply to begin so. */
  async ask(line, expected) {
    if (line !== undefined) this.send(`${line}\r\n`)
    const reply = await this.reply()
    if (expected !== undefined && !reply.startsWith(expected))
      throw new Error(`${line ?? 'greeting'}: expected ${expected}, got ${reply.trimEnd()}`)
    return reply
  }

  /** The handshake, without looking at the certificate. */
  startTls() {
    const plain = this.#socket
    plain.removeAllListeners('data')
    return new Promise((secured, failed) => {
      const socket = connectTls({ socket: plain, rejectUnauthorized: false })
      socket.once('error', failed)
      socket.once('secureConnect', () => {
        socket.off('error', failed)
        this.#adopt(socket)
        secured()
      })
    })
  }

  close() {
    this.#socket.destroy()
  }
}

export class ConnectionLost extends Error {
  constructor(rest) {
    super(`the connection ended${rest === '' ? '' : ` behind ${JSON.stringify(rest)}`}`)
  }
}

/** A session past its hello, which leaves in `offer` what the server has: keyword to argument. */
export async function session(port, { address, hello = 'client.sender.test', tls = false } = {}) {
  const talker = await Talker.open(port, address)
  await talker.ask(undefined, '220')
  let reply = await talker.ask(`EHLO ${hello}`, '250')
  if (tls) {
    await talker.ask('STARTTLS', '220')
    await talker.startTls()
    reply = await talker.ask(`EHLO ${hello}`, '250')
  }
  const keywords = reply.trimEnd().split(/\r?\n/).slice(1)
  talker.offer = new Map(keywords.map((line) => /^250[- ](\S+) ?(.*)$/.exec(line).slice(1)))
  return talker
}

/** What a server offers, over TLS where it is told so. */
export async function offerOf(port, options) {
  const talker = await session(port, options)
  await talker.ask('QUIT', '221')
  return talker.offer
}

/** One check: that a server has it. Answers whether it does. */
export const offers = (stage, offer, keyword) =>
  stage.check(`${keyword} is offered`, () => {
    if (!offer.has(keyword)) throw new Error(`not offered yet: ${keyword}`)
  })

/** One transaction in a session; answers the reply to its end. `octets` has CRLF line ends and is not stuffed. */
export async function transact(talker, { from, to, octets, parameters = '' }) {
  await talker.ask(`MAIL FROM:<${from}>${parameters}`, '250')
  for (const recipient of to) await talker.ask(`RCPT TO:<${recipient}>`, '250')
  await talker.ask('DATA', '354')
  talker.send(stuffed(octets))
  return talker.ask(undefined)
}

/** Content as it goes on the wire, with the final dot. */
export function stuffed(octets) {
  const parts = []
  let from = 0
  for (let at = octets.indexOf(0x2e); at !== -1; at = octets.indexOf(0x2e, at + 1))
    if (at === 0 || octets[at - 1] === 0x0a) {
      parts.push(octets.subarray(from, at), DOT)
      from = at
    }
  parts.push(octets.subarray(from))
  if (octets.length > 0 && octets[octets.length - 1] !== 0x0a) parts.push(CRLF)
  parts.push(DOT, CRLF)
  return Buffer.concat(parts)
}

/** Octets with every line end as CRLF, as a submitting client makes them. */
export function withCrlf(octets) {
  const out = Buffer.alloc(octets.length * 2 + 2)
  let length = 0
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]
    if (octet === 0x0d && octets[at + 1] === 0x0a) continue
    if (octet === 0x0a || octet === 0x0d) {
      out[length++] = 0x0d
      out[length++] = 0x0a
    } else out[length++] = octet
  }
  if (length > 0 && out[length - 1] !== 0x0a) {
    out[length++] = 0x0d
    out[length++] = 0x0a
  }
  return out.subarray(0, length)
}

const DOT = Buffer.from('.')
const CRLF = Buffer.from('\r\n')
