import type { Socket } from 'node:net'
import type { QueueError } from '@angarium/queue'
import { packError } from './errors.ts'
import type { Frame } from './frames.ts'
import { kinds } from './frames.ts'
import { FrameReader } from './reader.ts'
import type { Room } from './room.ts'
import { FrameWriter } from './writer.ts'

/** What a {@link Channel} is made of. */
export interface ChannelOptions {
  /** Longest body taken from the other side. */
  readonly frameOctets: number
  /** A frame that is not whole after so long, and output that does not move for so long, end the channel. */
  readonly stallMs: number
  /** Shared by the owner's channels. */
  readonly memory?: Room
  /** What it throws ends the channel, above all a `Malformed`. */
  onFrame(frame: Frame): void
  /** Once, when nothing comes any more. `because`: it did not end well. */
  onEnd(because: string | undefined): void
  /** Octets on their way fell below {@link crowdedOctets}. */
  onRoom?(): void
}

/** With so many octets on their way to the other side, it is to read before it is sent more. */
export const crowdedOctets = 1_048_576

/** Frames over a socket: what is sent within a turn of the event loop goes as one write. */
export class Channel {
  readonly #socket: Socket
  readonly #options: ChannelOptions
  readonly #reader: FrameReader
  readonly #writer = new FrameWriter()
  readonly #watch: NodeJS.Timeout
  #flushing = false
  #ended = false
  /** Octets written and not yet taken by the system. */
  #onTheirWay = 0
  #moved = true
  /** Ticks of the watch since the frame under way was first seen. */
  #frameTicks = 0
  #frames = 0
  #framesSeen = 0
  /** Reasons not to read. */
  #holds = 0

  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new FrameReader(options.frameOctets, options.memory, {
      frame: (frame) => this.#frame(frame),
      fault: (because) => this.end(because),
      hold: () => this.hold(),
      flow: () => this.flow(),
    })
    this.#watch = setInterval(() => this.#look(), Math.max(1, options.stallMs / 2))
    this.#watch.unref()
    socket.on('data', (chunk: Buffer) => this.#reader.read(chunk))
    socket.on('error', (error) => this.#over(error.message))
    socket.on('close', () => this.#over(undefined))
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Octets on their way. */
  get backlog(): number {
    return this.#onTheirWay + this.#writer.octets
  }

  send(kind: number, number: number, value: unknown, octets?: readonly Uint8Array[]): void {
    this.sendText(kind, number, JSON.stringify(value), octets)
  }

  /** @param text - in JSON. @param octets - what it speaks of; copied. */
  sendText(kind: number, number: number, text: string, octets?: readonly Uint8Array[]): void {
    if (this.#ended) return
    this.#writer.addParcel(kind, number, text, octets)
    this.#flushSoon()
  }

  /** A frame of octets alone; copied. */
  sendOctets(kind: number, number: number, octets: Uint8Array = nothing): void {
    if (this.#ended) return
    this.#writer.addOctets(kind, number, octets)
    this.#flushSoon()
  }

  /** Reads no more until {@link Channel.flow} is called as often. */
  hold(): void {
    if (this.#holds++ === 0) this.#socket.pause()
  }

  flow(): void {
    if (--this.#holds > 0 || this.#ended) return
    this.#frameTicks = 0
    this.#socket.resume()
  }

  /** Tells the other side why, if there is a reason, and ends it; what was sent before still goes out. */
  end(because?: string, error?: QueueError): void {
    if (this.#ended) return
    if (because !== undefined) this.send(kinds.bye, 0, packError(error ?? because, 'connection'))
    this.#flush()
    this.#socket.end()
    // A peer that does not close its side within a stall's time is cut off.
    setTimeout(() => this.#socket.destroy(), this.#options.stallMs).unref()
    this.#over(because)
  }

  #frame(frame: Frame): void {
    if (this.#ended) return
    this.#frames++
    try {
      this.#options.onFrame(frame)
    } catch (error) {
      // Whatever it was, it is between us and this one.
      frame.release()
      this.end(error instanceof Error ? error.message : String(error))
    }
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    if (this.#ended || this.#writer.octets === 0) return
    const buffers = this.#writer.take()
    if (buffers.length > 1) this.#socket.cork()
    for (const buffer of buffers) {
      this.#onTheirWay += buffer.length
      this.#socket.write(buffer, () => this.#went(buffer.length))
    }
    if (buffers.length > 1) this.#socket.uncork()
  }

  #went(octets: number): void {
    const before = this.backlog
    this.#onTheirWay -= octets
    this.#moved = true
    if (before >= crowdedOctets && this.backlog < crowdedOctets) this.#options.onRoom?.()
  }

  #look(): void {
    if (this.#onTheirWay > 0 && !this.#moved) {
      // For who does not read there is no last word.
      this.#socket.destroy()
      this.#over('the other side does not read')
      return
    }
    this.#moved = this.#onTheirWay === 0
    const waiting = this.#reader.inFrame && this.#holds === 0 && this.#frames === this.#framesSeen
    this.#framesSeen = this.#frames
    this.#frameTicks = waiting ? this.#frameTicks + 1 : 0
    if (this.#frameTicks >= 3) this.end('a frame did not come to its end')
  }

  #over(because: string | undefined): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#watch)
    this.#reader.end()
    this.#options.onEnd(because)
  }
}

const nothing = new Uint8Array(0)
