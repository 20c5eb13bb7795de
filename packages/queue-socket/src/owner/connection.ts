import type { Lease, LeaseRef, QueueStore } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { leaseName } from '@angarium/queue/lifecycle'
import type { HostParty } from '../socket/door.ts'
import type { Channel } from '../wire/channel.ts'
import { crowdedOctets } from '../wire/channel.ts'
import { packError } from '../wire/errors.ts'
import type { Frame } from '../wire/frames.ts'
import { kinds, Malformed, openParcel, pieceOctets } from '../wire/frames.ts'
import { count, list, number, object, optional, record, text } from '../wire/shape.ts'
import { commitOptions, envelope, leaseRef, leaseRequest, packLeases, unpackSettlements } from '../wire/values.ts'
import type { Beginning } from './drafts.ts'
import { Drafts } from './drafts.ts'
import { HeldLeases } from './leases.ts'
import type { QueueOwnerLimits } from './options.ts'
import { Pages } from './pages.ts'

const beginning = record<Beginning>({ id: text, size: optional(number) })

/** What the connections of one owner share. */
export interface ConnectionScene {
  readonly store: QueueStore
  readonly limits: QueueOwnerLimits
  /** Ends the leases of a process that is gone. */
  abandon(leases: readonly LeaseRef[]): void
}

/** A question, whose fields are yet to be looked at. */
type Asked = Readonly<Record<string, unknown>>

/** An answer on its way: text in JSON, and octets that it speaks of. */
interface Answer {
  readonly text: string
  readonly octets?: readonly Uint8Array[]
}

/** One process that uses the queue, as its owner sees it. */
export class Connection implements HostParty {
  readonly #channel: Channel
  readonly #scene: ConnectionScene
  readonly #drafts: Drafts
  readonly #pages: Pages
  readonly #leases = new HeldLeases()
  /** Octets of content in our hands, and those let go of that the guest was not told of. */
  #held = 0
  #consumed = 0
  /** Questions under way, and their octets. */
  #questions = 0
  #asked = 0
  #crowded = false
  #listens = false
  #work: 'none' | 'some' | 'urgent' = 'none'
  #idle: (() => void) | undefined

  constructor(channel: Channel, scene: ConnectionScene) {
    this.#channel = channel
    this.#scene = scene
    this.#pages = new Pages(scene.store)
    this.#drafts = new Drafts(scene.store, scene.limits.drafts, {
      consumed: (octets) => this.#credit(octets),
      failed: (draft, error) => channel.send(kinds.draftFailed, draft, packError(error, 'write')),
    })
  }

  frame(frame: Frame): void {
    switch (frame.kind) {
      case kinds.content:
        this.#content(frame)
        break
      case kinds.begin:
        this.#drafts.begin(frame.number, beginning(openParcel(frame.body).value))
        break
      case kinds.ask:
        this.#ask(frame)
        return
      case kinds.abort:
        this.#drafts.abort(frame.number)
        break
      case kinds.listen:
        this.#listens = true
        break
      case kinds.bye:
        this.#channel.end()
        break
      default:
        throw new Malformed(`a guest does not send frames of kind ${frame.kind}`)
    }
    frame.release()
  }

  room(): void {
    this.#look()
  }

  /** The store has work; calls within one turn are told once. */
  tellWork(urgent: boolean): void {
    if (!this.#listens) return
    if (this.#work === 'none')
      setImmediate(() => {
        this.#channel.sendOctets(kinds.work, this.#work === 'urgent' ? 1 : 0)
        this.#work = 'none'
      })
    if (this.#work !== 'urgent') this.#work = urgent ? 'urgent' : 'some'
  }

  async finish(): Promise<void> {
    this.#channel.hold()
    if (this.#questions > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    this.#channel.end('the owner goes down')
  }

  ended(): void {
    this.#drafts.end()
    this.#pages.end()
    this.#scene.abandon(this.#leases.take())
    this.#idle?.()
  }

  #content({ number: draft, body }: Frame): void {
    this.#held += body.length
    if (body.length > pieceOctets || this.#held > this.#scene.limits.windowOctets)
      throw new Malformed('more content than was asked for')
    this.#drafts.write(draft, body)
  }

  #credit(octets: number): void {
    this.#held -= octets
    this.#consumed += octets
    if (this.#consumed < this.#scene.limits.windowOctets / 4) return
    this.#channel.sendOctets(kinds.credit, this.#consumed)
    this.#consumed = 0
  }

  #ask(frame: Frame): void {
    const { value, octets } = openParcel(frame.body)
    const asked = object(value)
    const op = text(asked.op)
    this.#questions++
    this.#asked += frame.body.length
    this.#look()
    let answering: Promise<Answer>
    try {
      answering = this.#perform(op, frame.number, asked, octets)
    } catch (error) {
      answering = Promise.reject(error)
    }
    void answering
      .then(
        ({ text, octets }) => this.#channel.sendText(kinds.answer, frame.number, text, octets),
        (error: unknown) => this.#channel.send(kinds.failure, frame.number, packError(misuse(error, op), op)),
      )
      .then(() => {
        frame.release()
        this.#questions--
        this.#asked -= frame.body.length
        this.#look()
        if (this.#questions === 0) this.#idle?.()
      })
  }

  /** Called in the turn the question arrived, so that all of a turn reach the store together. */
  #perform(op: string, question: number, asked: Asked, octets: Buffer): Promise<Answer> {
    const { store } = this.#scene
    switch (op) {
      case 'commit':
        return this.#commit(asked)
      case 'due':
        return store.due(number(asked.limit)).then(json)
      case 'lease':
        return store.lease(leaseRequest(asked.request)).then((leases) => this.#leased(leases, (all) => all))
      case 'extend':
        return this.#extend(list(leaseRef)(asked.leases), number(asked.duration))
      case 'settle':
        return this.#settle(asked, octets)
      case 'stats':
        return store.stats().then(json)
      case 'next':
        return this.#pages.next(count(asked.reading)).then(page)
      case 'stop':
        this.#pages.stop(count(asked.reading))
        return Promise.resolve(json(null))
      default:
        return this.#pages.begin(question, asked).then(page)
    }
  }

  async #commit(asked: Asked): Promise<Answer> {
    const draft = count(asked.draft)
    const accepted = await this.#drafts.commit(draft, () => [envelope(asked.envelope), commitOptions(asked.options)])
    if (accepted === undefined) throw new Malformed(`draft ${draft} is over, or was never begun`)
    return this.#leased(accepted.leases, (leases) => ({ ...accepted, leases }))
  }

  async #extend(leases: readonly LeaseRef[], duration: number): Promise<Answer> {
    const kept = await this.#scene.store.extend(leases, duration)
    this.#leases.remove(leases)
    this.#hold(kept)
    const names = new Set(kept.map(leaseName))
    return json(leases.flatMap((lease, at) => (names.has(leaseName(lease)) ? at : [])))
  }

  async #settle(asked: Asked, octets: Buffer): Promise<Answer> {
    const settlements = unpackSettlements(asked.settlements, octets)
    const results = await this.#scene.store.settle(settlements)
    this.#leases.remove(settlements.map(({ lease }) => lease))
    return json(results)
  }

  #leased(leases: readonly Lease[], wrap: (packed: unknown) => unknown): Answer {
    this.#hold(leases)
    const octets: Uint8Array[] = []
    return { text: JSON.stringify(wrap(packLeases(leases, octets))), octets }
  }

  #hold(leases: readonly LeaseRef[]): void {
    // Handed out to nobody: the process went away while the store answered.
    if (this.#channel.ended) this.#scene.abandon(leases)
    else this.#leases.add(leases)
  }

  /** Reads on, or not, by what is under way. */
  #look(): void {
    const octets = Math.max(this.#asked, this.#channel.backlog)
    const crowded = this.#questions >= this.#scene.limits.questions || octets >= crowdedOctets
    if (crowded === this.#crowded) return
    this.#crowded = crowded
    if (crowded) this.#channel.hold()
    else this.#channel.flow()
  }
}

function json(value: unknown): Answer {
  return { text: JSON.stringify(value) }
}

function page({ text, pieces }: { readonly text: string; readonly pieces: readonly Uint8Array[] }): Answer {
  return { text, octets: pieces }
}

/** A question that makes no sense is the guest's mistake; the connection goes on. */
function misuse(error: unknown, operation: string): unknown {
  if (!(error instanceof Malformed)) return error
  return new QueueError('QUEUE_MISUSE', `${operation}: ${error.message}`, { operation, because: error.message })
}
