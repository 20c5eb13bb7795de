import type { AnyExtension, SessionContext } from '../extension/types.ts'
import { encodeUtf8 } from '../octets.ts'
import { readReply } from '../reply/read-reply.ts'
import { type Reply, reply } from '../reply/reply.ts'
import type { Answerable, ServerEvent } from '../server/events.ts'
import { ServerSession } from '../server/session.ts'
import { ComplianceFailure, holds } from './check.ts'
import type { AnySamples } from './samples.ts'

type Session = ServerSession<readonly AnyExtension[]>

/** What came of some octets. */
export interface Heard {
  readonly replies: readonly Reply[]
  /** Events but for bodies. */
  readonly events: readonly ServerEvent[]
}

/** A session with an owner who says yes, past its greeting. */
export class Probe {
  readonly session: Session
  readonly #lmtp: boolean

  constructor(extensions: readonly AnyExtension[], where: Partial<SessionContext> = {}) {
    this.#lmtp = where.lmtp === true
    this.session = new ServerSession<readonly AnyExtension[]>({
      hostname: 'mx.example',
      extensions,
      protocol: this.#lmtp ? 'lmtp' : 'smtp',
      tls: where.tls ?? 'unavailable',
      ...(where.peer !== undefined && { peer: where.peer }),
      ...(where.identity !== undefined && { identity: where.identity }),
      limits: { messageOctets: 2 ** 40, errors: 1_000, idleCommands: 1_000 },
      now: () => 0,
    })
    this.#run([])
  }

  /** EHLO, or LHLO. */
  hello(): Reply {
    return this.ask(`${this.#lmtp ? 'LHLO' : 'EHLO'} client.example`)
  }

  /** One command and its one reply. */
  ask(line: string): Reply {
    const { replies } = this.hear(encodeUtf8(`${line}\r\n`))
    const only = replies[0]
    if (only === undefined || replies.length > 1) throw new ComplianceFailure(`"${line}" got ${replies.length} replies`)
    return only
  }

  /** Octets in one read. */
  hear(octets: Uint8Array): Heard {
    holds(this.session.mode === 'open', 'the session is over')
    if (octets.length > 0) this.session.receive(octets)
    const events: ServerEvent[] = []
    return { replies: this.#run(events), events }
  }

  #run(events: ServerEvent[]): readonly Reply[] {
    const replies: Reply[] = []
    for (let event = this.session.poll(); event !== undefined; event = this.session.poll()) {
      if (event.kind !== 'body') events.push(event)
      if (event.kind !== 'body' && event.kind !== 'transaction-end' && event.kind !== 'fault')
        sayYes(this.session, event)
    }
    for (let out = this.session.takeOutput(); out !== undefined; out = this.session.takeOutput()) {
      let rest = out
      while (rest.length > 0) {
        const step = readReply(rest)
        if (step.kind !== 'item') throw new ComplianceFailure(`what the session said is no reply: ${step.kind}`)
        replies.push(step.value)
        rest = rest.subarray(step.consumed)
      }
    }
    return replies
  }
}

/** The lists an extension is tried in: with what it needs, and where it is offered. */
export const listOf = (extension: AnyExtension, samples: AnySamples): readonly AnyExtension[] => [
  ...(samples.beside ?? []),
  extension,
]

/** A session past a hello in which the extension is offered. */
export function offering(extension: AnyExtension, samples: AnySamples): Probe {
  const probe = new Probe(listOf(extension, samples), samples.offeredIn)
  const { text } = probe.hello()
  holds(
    text.slice(1).some((line) => line === extension.keyword || line.startsWith(`${extension.keyword} `)),
    `${extension.keyword} is not offered; say in the samples where it is (offeredIn), and what it needs (beside)`,
  )
  return probe
}

function sayYes(session: Session, event: Answerable): void {
  switch (event.kind) {
    case 'greet':
      session.answer(event, reply(220, undefined, 'mx.example ESMTP'))
      break
    case 'hello':
      session.answer(event, 'accept')
      break
    case 'data-start':
      session.answer(event, 'go')
      break
    case 'lookup':
      session.answer(event, reply(252, '5.0', 'Cannot verify'))
      break
    case 'mail':
      session.answer(event, reply(250, '1.0', 'OK'))
      break
    case 'rcpt':
      session.answer(event, reply(250, '1.5', 'OK'))
      break
    case 'data-end':
      session.answer(event, reply(250, '0.0', 'OK'))
      break
    case 'verb':
      session.answer(event, reply(250, '0.0', 'OK'))
      break
  }
}
