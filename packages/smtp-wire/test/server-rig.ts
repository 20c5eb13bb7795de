import { formatPath } from '../src/address/path.ts'
import type { AnyExtension, ServerEvent, ServerLimits } from '../src/index.ts'
import { defineExtension, ServerSession } from '../src/index.ts'
import type { Answerable } from '../src/server/events.ts'
import { toText } from './codec-shared.ts'

export type AnyEvent = ServerEvent<readonly AnyExtension[]>
export type AnyAnswerable = Answerable<readonly AnyExtension[]>

/** One exchange: what came before is over, these octets come in, and this goes out. */
export interface RigOptions {
  readonly protocol?: 'smtp' | 'lmtp'
  readonly identity?: string | undefined
  readonly peer?: string | undefined
  readonly bareLineEnds?: 'refuse' | 'repair'
  readonly extensions?: readonly AnyExtension[]
  readonly tls?: 'unavailable' | 'available' | 'active'
  readonly limits?: Partial<ServerLimits>
  /** Asked for each event that waits; `undefined`: it stays owed. */
  readonly decide: (event: AnyAnswerable) => unknown
}

/** HELP and EXPN are there only where they are listed. Here they are, and EHLO does not say so: every case has its own list. */
const untold: readonly AnyExtension[] = ['HELP', 'EXPN'].map((keyword) =>
  defineExtension({ name: keyword, rfc: 5321, keyword, ehlo: () => undefined }),
)

/** A session with its owner, a clock that stands still, and a record of all that happened. */
export class Rig {
  readonly session: ServerSession<readonly AnyExtension[]>
  /** Events in order, as text; neighbouring bodies are one. */
  readonly record: string[] = []
  readonly #decide: (event: AnyAnswerable) => unknown
  #owed: AnyAnswerable | undefined
  #body: number[] = []
  now = 0

  constructor({ decide, extensions = [], identity, peer, ...options }: RigOptions) {
    this.#decide = decide
    this.session = new ServerSession({
      hostname: 'mx.example',
      extensions: [...extensions, ...untold],
      now: () => this.now,
      ...options,
      ...(identity !== undefined && { identity }),
      ...(peer !== undefined && { peer }),
    })
  }

  /** Polls to the end, answers, and gives what is to be sent. */
  run(): string {
    let out = ''
    for (;;) {
      const event = this.session.poll()
      if (event === undefined) break
      this.#note(event)
      if (event.kind === 'body' || event.kind === 'transaction-end' || event.kind === 'fault') continue
      const answer = this.#decide(event)
      if (answer === undefined) this.#owed = event
      else this.session.answer(event, answer as never)
    }
    for (let octets = this.session.takeOutput(); octets !== undefined; octets = this.session.takeOutput())
      out += toText(octets)
    return out
  }

  /** Answers the event that was left waiting. */
  answer(kind: string, answer: unknown): void {
    if (this.#owed?.kind !== kind) throw new Error(`no ${kind} waits`)
    this.session.answer(this.#owed, answer as never)
  }

  /** Feeds pieces one by one, as long as the session listens. */
  feed(pieces: readonly Uint8Array[]): string {
    let out = ''
    for (const piece of pieces) {
      if (this.session.mode !== 'open') break
      this.session.receive(piece)
      out += this.run()
    }
    return out
  }

  /** The record, with the body that is still open. */
  events(): readonly string[] {
    this.#flush()
    return this.record
  }

  #note(event: AnyEvent): void {
    if (event.kind === 'body') {
      for (const octet of event.octets) this.#body.push(octet)
      return
    }
    this.#flush()
    this.record.push(describe(event))
  }

  #flush(): void {
    if (this.#body.length > 0) this.record.push(`body ${show(this.#body)}`)
    this.#body = []
  }
}

const show = (octets: readonly number[]): string =>
  JSON.stringify(toText(Uint8Array.from(octets))).replace(
    /[\x7f-\xff]/g,
    (odd) => `\\u00${odd.charCodeAt(0).toString(16)}`,
  )

/** An event in one line. */
function describe(event: AnyEvent): string {
  switch (event.kind) {
    case 'greet':
      return event.assumed === undefined ? 'greet' : `greet ${JSON.stringify(event.assumed)}`
    case 'hello':
      return `hello ${event.name}${event.extended ? '' : ' plain'}`
    case 'mail':
      return `mail ${formatPath(event.reversePath)}${parameters(event.parameters)}`
    case 'rcpt':
      return `rcpt ${formatPath(event.forwardPath)}${parameters(event.parameters)}`
    case 'data-start':
      return `data-start ${event.transaction.recipients.map(formatPath).join(' ')}`
    case 'data-end':
      return `data-end ${event.octets}`
    case 'verb':
      return `verb ${event.verb}${event.argument === '' ? '' : ` ${event.argument}`}${event.line === undefined ? '' : ` / ${event.line}`}`
    case 'lookup':
      return `lookup ${event.verb} ${event.argument}${event.utf8 ? ' utf8' : ''}`
    case 'transaction-end':
      return `transaction-end ${event.outcome}`
    case 'fault':
      return `fault ${event.fault}`
    case 'body':
      return `body ${event.octets.length}`
  }
}

function parameters(values: object): string {
  const entries = Object.entries(values)
  return entries.length === 0 ? '' : ` ${JSON.stringify(Object.fromEntries(entries))}`
}
