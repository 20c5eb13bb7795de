import {
  type Answerable,
  type AnyExtension,
  decodeUtf8,
  reply,
  type ServerLimits,
  ServerSession,
  type SessionContext,
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

/** A server session that says yes to everything. */
export function talk({ limits, ...where }: Where = {}, extensions: List = all) {
  const session = new ServerSession<List>({
    hostname: 'mx.example.org',
    extensions,
    limits: { messageOctets: 1000, ...limits },
    now: () => 0,
    ...where,
  })
  let bodies = 0
  return {
    session,
    get bodies(): number {
      return bodies
    },
    /** Sends in pieces of so many octets; the replies, line by line. */
    say(octets: Uint8Array, piece = octets.length): string[] {
      let text = ''
      for (let at = 0; ; at += piece) {
        const part = octets.subarray(at, at + piece)
        if (part.length > 0) session.receive(part)
        for (let event = session.poll(); event !== undefined; event = session.poll()) {
          if (event.kind === 'data-end') bodies += 1
          if (event.kind !== 'body' && event.kind !== 'transaction-end' && event.kind !== 'fault') yes(session, event)
        }
        for (let out = session.takeOutput(); out !== undefined; out = session.takeOutput()) text += decodeUtf8(out)
        if (at + piece >= octets.length) break
      }
      return text === '' ? [] : text.slice(0, -2).split('\r\n')
    },
  }
}

type Session = ServerSession<List>

function yes(session: Session, event: Answerable): void {
  if (event.kind === 'greet') session.answer(event, reply(220, undefined, 'mx.example.org ready'))
  else if (event.kind === 'hello') session.answer(event, 'accept')
  else if (event.kind === 'mail') session.answer(event, reply(250, '1.0', 'Sender OK'))
  else if (event.kind === 'rcpt') session.answer(event, reply(250, '1.5', 'Recipient OK'))
  else if (event.kind === 'data-start') session.answer(event, 'go')
  else if (event.kind === 'data-end') session.answer(event, reply(250, '0.0', 'Accepted'))
  else if (event.kind === 'lookup') session.answer(event, reply(252, '5.0', 'Perhaps'))
  else session.answer(event, reply(250, '0.0', `${event.verb} ${event.argument}`))
}

/** Octets of a vector: one for each character up to U+00FF. */
export function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
