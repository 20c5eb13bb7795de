import type { Cancel, Clock, Millis } from '../clock.ts'
import type { Message, MessageCodec } from '../message/message.ts'
import { matchAnswer } from '../message/query.ts'
import type { DnsTransport, KnownServer } from './transport.ts'

/** So many datagrams that answer another query make it likely that somebody is guessing ours. */
const maxStrangers = 50

/**
 * How one query to one server ended: with the message that answers it, with one that cannot be read, without one.
 * `suspect`: many forged ones came by UDP, or one in which the case of the name was changed; TCP will tell. `closed`: the
 * resolver was.
 */
export type ExchangeEnd = 'message' | 'malformed' | 'suspect' | 'unreachable' | 'timeout' | 'closed'

/** What became of one query to one server. */
export type Exchange =
  /** `octets`: how many they were. */
  | { readonly kind: 'message'; readonly message: Message; readonly octets: number }
  | { readonly kind: Exclude<ExchangeEnd, 'message'> }

/** What an exchange needs. */
export interface Line {
  readonly transport: DnsTransport
  readonly codec: MessageCodec
  readonly clock: Clock
  /** Everything under way, to be called off when the resolver closes. */
  readonly open: Set<Cancel>
  /** Told of each message that does not answer the query. */
  readonly ignored: (server: KnownServer) => void
}

/**
 * Sends a query and waits for the message that answers it. Whatever does not match is ignored and waiting goes on, so
 * that a forger gains nothing by being first.
 *
 * @rfc 5452 9.1, 9.2
 */
export function exchange(
  line: Line,
  protocol: 'udp' | 'tcp',
  query: Uint8Array,
  server: KnownServer,
  timeout: Millis,
): Promise<Exchange> {
  return new Promise((resolve) => {
    let over = false
    let strangers = 0
    let hangUp: Cancel = () => undefined
    const finish = (result: Exchange): void => {
      if (over) return
      over = true
      stopTimer()
      line.open.delete(close)
      hangUp()
      resolve(result)
    }
    const close = (): void => finish({ kind: 'closed' })
    const stopTimer = line.clock.after(timeout, () => finish({ kind: 'timeout' }))
    line.open.add(close)
    const receiver = {
      message(octets: Uint8Array): void {
        if (over) return
        const match = matchAnswer(query, octets)
        // By TCP nobody else can answer, so there a change of case is only a server's habit.
        if (match === 'answer' || (match === 'other-case' && protocol === 'tcp')) {
          const message = line.codec.decode(octets)
          finish(message ? { kind: 'message', message, octets: octets.length } : { kind: 'malformed' })
          return
        }
        line.ignored(server)
        strangers++
        if (protocol === 'tcp') finish({ kind: 'malformed' })
        else if (match === 'other-case' || strangers > maxStrangers) finish({ kind: 'suspect' })
      },
      failed: (): void => finish({ kind: 'unreachable' }),
    }
    try {
      hangUp = line.transport[protocol](query, server, receiver)
    } catch {
      finish({ kind: 'unreachable' })
    }
    if (over) hangUp()
  })
}
