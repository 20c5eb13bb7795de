import {
  type Answerable,
  type AnswerTo,
  type AnyExtension,
  decodeUtf8,
  reply,
  type ServerLimits,
  ServerSession,
  type SessionContext,
  type VerbEvent,
} from '@angarium/smtp-wire'
import { eightBitMime, enhancedStatusCodes, pipelining, size, startTls } from '../src/index.ts'

export const all = [size, eightBitMime, pipelining, enhancedStatusCodes, startTls] as const

type List = readonly AnyExtension[]

/** What a session is made with, beside its extensions. */
export interface Where {
  readonly tls?: SessionContext['tls']
  readonly peer?: string
  readonly identity?: string
  readonly limits?: Partial<ServerLimits>
}

/** Who answers verbs; without it each gets 250 and its own words. */
export type Owner = (event: VerbEvent) => AnswerTo<VerbEvent> | Promise<AnswerTo<VerbEvent>>

/** A server session that says yes to everything. */
export function talk({ limits, ...where }: Where = {}, extensions: List = all, owner: Owner = echo) {
  const session = new ServerSession<List>({
    hostname: 'mx.example.org',
    extensions,
    limits: { messageOctets: 1000, ...limits },
    now: () => 0,
    ...where,
  })
  let bodies = 0
  let content = ''
  return {
    session,
    get bodies(): number {
      return bodies
    },
    /** Of all messages, one character for each octet. */
    get content(): string {
      return content
    },
    /** Sends in pieces of so many octets; the replies, line by line. */
    async say(octets: Uint8Array, piece = octets.length): Promise<string[]> {
      let text = ''
      for (let at = 0; ; at += piece) {
        const part = octets.subarray(at, at + piece)
        if (part.length > 0) session.receive(part)
        for (let event = session.poll(); event !== undefined; event = session.poll()) {
          if (event.kind === 'data-end') bodies += 1
          if (event.kind === 'body') content += String.fromCharCode(...event.octets)
          else if (event.kind === 'verb') session.answer(event, await owner(event))
          else if (event.kind !== 'transaction-end' && event.kind !== 'fault') yes(session, event)
        }
        for (let out = session.takeOutput(); out !== undefined; out = session.takeOutput()) text += decodeUtf8(out)
        if (at + piece >= octets.length) break
      }
      return text === '' ? [] : text.slice(0, -2).split('\r\n')
    },
  }
}

type Session = ServerSession<List>

const echo: Owner = ({ verb, argument }) => reply(250, '0.0', `${verb} ${argument}`)

function yes(session: Session, event: Exclude<Answerable, VerbEvent>): void {
  if (event.kind === 'greet') session.answer(event, reply(220, undefined, 'mx.example.org ready'))
  else if (event.kind === 'hello') session.answer(event, 'accept')
  else if (event.kind === 'mail') session.answer(event, reply(250, '1.0', 'Sender OK'))
  else if (event.kind === 'rcpt') session.answer(event, reply(250, '1.5', 'Recipient OK'))
  else if (event.kind === 'data-start') session.answer(event, 'go')
  else if (event.kind === 'data-end') session.answer(event, reply(250, '0.0', 'Accepted'))
  else session.answer(event, reply(252, '5.0', 'Perhaps'))
}

/** Octets of a vector: one for each character up to U+00FF. */
export function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
