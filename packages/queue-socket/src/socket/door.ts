import type { Socket } from 'node:net'
import type { Log } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { misuse } from '@angarium/queue/lifecycle'
import { Channel } from '../wire/channel.ts'
import { storeFailed } from '../wire/errors.ts'
import type { Frame } from '../wire/frames.ts'
import { kinds, Malformed, openParcel, protocolVersion } from '../wire/frames.ts'
import { Room } from '../wire/room.ts'
import { count, object, optional, record } from '../wire/shape.ts'

/** One side's part in a connection, once both have introduced themselves. */
export interface Party {
  /** @throws Malformed */
  frame(frame: Frame): void
  /** There is room on the way to the other side again. */
  room(): void
  /** Nothing comes any more. */
  ended(error: QueueError): void
}

/** The owner's part. */
export interface HostParty extends Party {
  /** Comes to an end, in its own time. */
  finish(): Promise<void>
}

/** What a guest comes for. */
export type Errand = 'queue' | 'deliveries'

/** Limits of an owner's socket. */
export interface SocketLimits {
  /** Connections at a time; more are told so and sent away. */
  readonly connections: number
  /** Octets of the longest frame: a settlement with its reports, an envelope. */
  readonly frameOctets: number
  /** Frames over 1 MiB take room from here, and wait for it. At least `frameOctets`. */
  readonly memoryOctets: number
  /**
   * A peer is cut off when it does not introduce itself for so long, does not end a frame, or does not read. In
   * milliseconds; may last half as long again.
   */
  readonly stallMs: number
}

/** Limits that suit some processes of one machine. */
export const defaultSocketLimits: SocketLimits = {
  connections: 64,
  frameOctets: 67_108_864,
  memoryOctets: 134_217_728,
  stallMs: 30_000,
}

/** What a {@link Door} is given. */
export interface DoorOptions {
  readonly errand: Errand
  readonly path: string
  readonly limits: SocketLimits
  readonly log: Log
  /** What a guest that is let in is told. */
  welcome(): object
  admit(channel: Channel, hello: Hello): HostParty
}

/** How a guest introduces itself. */
interface Hello {
  readonly errand: unknown
  readonly protocol: unknown
  /** Of a worker. */
  readonly capacity?: number
}

const hello = record<Hello>({
  errand: (value) => value,
  protocol: (value) => value,
  capacity: optional(count),
})

/** Lets guests in, one party for each. */
export class Door {
  readonly #options: DoorOptions
  readonly #memory: Room
  readonly #channels = new Set<Channel>()
  readonly #parties = new Map<Channel, HostParty>()
  #closing = false

  /** @throws QueueError QUEUE_MISUSE for limits that cannot be kept. */
  constructor(options: DoorOptions) {
    const { frameOctets, memoryOctets } = options.limits
    if (frameOctets > memoryOctets)
      throw misuse('open', `a frame of ${frameOctets} octets has no room in ${memoryOctets}`)
    this.#options = options
    this.#memory = new Room(memoryOctets)
  }

  enter(socket: Socket): void {
    const { limits, log, errand } = this.#options
    let party: HostParty | undefined
    const channel = new Channel(socket, {
      ...limits,
      memory: this.#memory,
      onFrame: (frame) => {
        if (party !== undefined) party.frame(frame)
        else {
          party = this.#admit(channel, frame)
          frame.release()
        }
      },
      onRoom: () => party?.room(),
      onEnd: (because) => {
        this.#channels.delete(channel)
        this.#parties.delete(channel)
        clearTimeout(late)
        if (because !== undefined && !this.#closing) log.warn('queue-guest-cut-off', { errand, because })
        party?.ended(storeFailed('connection', because ?? 'the other side is gone'))
      },
    })
    const late = setTimeout(() => {
      if (party === undefined) channel.end('nobody introduced himself')
    }, limits.stallMs)
    late.unref()
    if (this.#channels.size >= limits.connections)
      channel.end(`there is no room for more than ${limits.connections} connections`)
    else this.#channels.add(channel)
  }

  /** Lets every party finish, and ends the connections. */
  async close(): Promise<void> {
    this.#closing = true
    for (const channel of this.#channels) if (!this.#parties.has(channel)) channel.end('the owner goes down')
    await Promise.all([...this.#parties.values()].map((party) => party.finish()))
  }

  #admit(channel: Channel, frame: Frame): HostParty | undefined {
    const { errand, path, admit, welcome } = this.#options
    if (frame.kind !== kinds.hello) throw new Malformed('the first frame is no introduction')
    const said = hello(object(openParcel(frame.body).value))
    const found = `${String(said.errand)} ${String(said.protocol)}`
    const expected = `${errand} ${protocolVersion}`
    if (found !== expected) {
      const because = `the socket speaks "${expected}", the guest "${found}"`
      const detail = { where: path, found: expected, expected: found }
      channel.end(because, new QueueError('QUEUE_FORMAT', because, detail))
      return undefined
    }
    channel.send(kinds.welcome, 0, welcome())
    const party = admit(channel, said)
    this.#parties.set(channel, party)
    return party
  }
}
