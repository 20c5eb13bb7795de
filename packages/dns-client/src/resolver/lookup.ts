import type { Clock, Millis, Random } from '../clock.ts'
import { type Message, rcodes } from '../message/message.ts'
import { mixCase, queryFor } from '../message/query.ts'
import type { RecordOf, RecordType } from '../record/record.ts'
import type { FailureReason } from './contract.ts'
import { type Exchange, type ExchangeEnd, exchange, type Line } from './exchange.ts'
import { judge, type Verdict } from './judge.ts'
import type { Servers } from './servers.ts'
import type { KnownServer } from './transport.ts'

/** What one question to the servers brought. */
export interface Finding<R> {
  readonly verdict: Verdict<R>
  /** A trusted server vouches for it. */
  readonly authentic: boolean
  /** The size of the message. */
  readonly octets: number
}

/** What happens on the way to an answer, for logs and counters. */
export type ResolverEvent =
  | {
      readonly kind: 'asked'
      readonly server: KnownServer
      readonly protocol: 'udp' | 'tcp'
      readonly name: string
      readonly type: RecordType
      readonly result: ExchangeEnd
      readonly took: Millis
    }
  /** A message came that answers no query of ours: forged, late, or from a broken server. */
  | { readonly kind: 'ignored'; readonly server: KnownServer }
  | { readonly kind: 'from-cache'; readonly name: string; readonly type: RecordType }

/** What a look-up needs. */
export interface Asking {
  readonly line: Line
  readonly servers: Servers
  readonly clock: Clock
  readonly random: Random
  readonly tryTimeout: Millis
  readonly rounds: number
  readonly mixedCase: boolean
  readonly observe: (event: ResolverEvent) => void
}

/**
 * Asks the servers one question until one of them answers it. A server that kept silent is asked again in the next
 * round, with twice the patience; one that said it cannot answer is not.
 */
export async function lookUp<T extends RecordType>(
  asking: Asking,
  name: string,
  type: T,
  deadline: Millis,
): Promise<Finding<RecordOf<T>>> {
  const { servers, clock } = asking
  let reason: FailureReason = 'timeout'
  const declined = new Set<KnownServer>()
  for (let round = 0; round < asking.rounds; round++) {
    for (const server of servers.ordered()) {
      if (declined.has(server)) continue
      if (clock.monotonic() >= deadline) return nothing(reason)
      const result = await askServer(asking, server, name, type, asking.tryTimeout * 2 ** round, deadline)
      if (result.kind === 'closed') return nothing('timeout')
      servers.note(server, result.kind === 'message' || result.kind === 'malformed')
      if (result.kind === 'message') {
        const verdict = judge(result.message, name, type)
        const { authentic } = result.message.flags
        if (verdict.kind !== 'failed') return { verdict, authentic: authentic && server.trusted, octets: result.octets }
        reason = graver(reason, verdict.reason)
        declined.add(server)
      } else if (result.kind === 'malformed') {
        reason = graver(reason, 'malformed')
        declined.add(server)
      }
    }
  }
  return nothing(reason)
}

/**
 * One server: UDP, then without EDNS if it does not know that, then TCP if the answer was cut or is in doubt. Each step
 * has the whole patience, for the one before it showed that there is a server.
 */
async function askServer(
  asking: Asking,
  server: KnownServer,
  name: string,
  type: RecordType,
  patience: Millis,
  deadline: Millis,
): Promise<Exchange> {
  const ask = async (protocol: 'udp' | 'tcp', edns: boolean): Promise<Exchange> => {
    const { clock, line, random, mixedCase, observe } = asking
    const asked = mixedCase ? mixCase(name, random) : name
    const query = line.codec.encode(queryFor(asked, type, random.below(0x10000), edns))
    if (query === undefined) return { kind: 'malformed' }
    const started = clock.monotonic()
    if (started >= deadline) return { kind: 'timeout' }
    const result = await exchange(line, protocol, query, server, Math.min(patience, deadline - started))
    observe({ kind: 'asked', server, protocol, name, type, result: result.kind, took: clock.monotonic() - started })
    return result
  }
  let edns = true
  let result = await ask('udp', edns)
  if (result.kind === 'message' && rejectsEdns(result.message)) {
    edns = false
    result = await ask('udp', edns)
  }
  const doubtful = result.kind === 'suspect' || result.kind === 'malformed'
  if (!doubtful && !(result.kind === 'message' && result.message.flags.truncated)) return result
  const whole = await ask('tcp', edns)
  return whole.kind === 'message' && whole.message.flags.truncated ? { kind: 'malformed' } : whole
}

/** @rfc 6891 6.2.2, 7 */
function rejectsEdns(message: Message): boolean {
  return message.rcode === rcodes.formErr || message.rcode === rcodes.notImp || message.rcode === rcodes.badVers
}

/** The more telling of two reasons, when servers differ. */
function graver(one: FailureReason, other: FailureReason): FailureReason {
  return gravity.indexOf(other) > gravity.indexOf(one) ? other : one
}

const gravity: readonly FailureReason[] = ['timeout', 'malformed', 'refused', 'servfail', 'loop', 'bogus']

const nothing = (reason: FailureReason): Finding<never> => ({
  verdict: { kind: 'failed', reason },
  authentic: false,
  octets: 0,
})
