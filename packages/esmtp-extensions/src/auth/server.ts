import {
  type Channel,
  decodeBase64,
  encodeBase64,
  type Need,
  type NeedAnswer,
  type NeedKind,
  type SaslServer,
  type ServerExchange,
  type ServerFailure,
  type ServerStep,
} from '@angarium/sasl/profile'
import { type AnswerTo, type Refusal, type Reply, reply, type VerbEvent } from '@angarium/smtp-wire'
import { decodeResponse, readAuth } from '../auth.ts'

/**
 * What the owner of a server knows or finds out for a mechanism. One left out: an identity may be no other than that
 * which authenticated (`authorization`), and all else cannot be found out now.
 */
export type AuthAnswers = {
  readonly [K in NeedKind]?: (need: Need<K>) => NeedAnswer<K> | Promise<NeedAnswer<K>>
}

/** Answers the `verb` events of AUTH of one session. */
export type Authenticator = (event: VerbEvent) => Promise<AnswerTo<VerbEvent>>

/**
 * The server's dialogue of AUTH, for one session: it takes each `verb` event of AUTH to its answer. Replies are those of
 * RFC 4954, without the reason where that would tell a stranger anything:
 *
 * | | |
 * |---|---|
 * | 334 | a challenge |
 * | 235 2.7.0 | success; with the authorization identity |
 * | 454 4.7.0 | could not be found out |
 * | 500 5.5.6 | response too long |
 * | 501 5.5.2 | not base64, or not of the mechanism |
 * | 501 5.7.0 | cancelled, or an initial response where the server speaks first |
 * | 504 5.5.4 | mechanism not offered on this channel |
 * | 535 5.7.8 | refused, whatever the reason |
 *
 * It rejects only with what an answer of the owner rejects with; the exchange is over then.
 *
 * @param channel of the session as it is now; asked for each exchange
 * @rfc 4954 4
 * @rfc 4954 6
 */
export function createAuthenticator(sasl: SaslServer, channel: () => Channel, answers: AuthAnswers): Authenticator {
  let exchange: ServerExchange | undefined
  return async ({ argument, line }) => {
    const open = exchange
    exchange = undefined
    if (line === undefined) {
      const { mechanism = '', initial } = readAuth(argument) ?? {}
      const begun = sasl.begin(mechanism, channel())
      if (begun === undefined) return notOffered
      const octets = initial === undefined ? undefined : decodeResponse(initial)
      return initial !== undefined && octets === undefined ? notBase64 : take(begun, begun.start(octets))
    }
    if (open === undefined) return refusals.cancelled
    if (line === '*') return take(open, open.cancel())
    const octets = decodeBase64(line)
    return octets === undefined ? notBase64 : take(open, open.next(octets))
  }

  async function take(open: ServerExchange, first: ServerStep): Promise<AnswerTo<VerbEvent>> {
    let step = first
    while (step.kind === 'need') step = open.answer(step.need, await answerTo(step.need, answers))
    if (step.kind === 'success') return { reply: succeeded, identity: step.identity.authzid }
    if (step.kind === 'failure') return refusals[step.reason]
    exchange = open
    return reply(334, undefined, encodeBase64(step.octets))
  }
}

function answerTo(need: Need, answers: AuthAnswers): NeedAnswer | Promise<NeedAnswer> {
  const answer = answers[need.kind] as ((need: Need) => NeedAnswer | Promise<NeedAnswer>) | undefined
  if (answer !== undefined) return answer(need)
  return need.kind === 'authorization' ? 'refused' : 'unavailable'
}

const succeeded: Reply<235> = reply(235, '7.0', 'Authentication succeeded')
const notOffered: Refusal = reply(504, '5.4', 'Mechanism not offered here')
const notBase64: Refusal = reply(501, '5.2', 'Not base64')
const refused: Refusal = reply(535, '7.8', 'Authentication credentials invalid')
const refusals: Readonly<Record<ServerFailure, Refusal>> = {
  malformed: reply(501, '5.2', 'Not a response of this mechanism'),
  'too-long': reply(500, '5.6', 'Authentication exchange line is too long'),
  'unexpected-initial-response': reply(501, '7.0', 'This mechanism has no initial response'),
  refused,
  'not-authorized': refused,
  'channel-binding': refused,
  unavailable: reply(454, '7.0', 'Temporary authentication failure'),
  cancelled: reply(501, '7.0', 'Authentication cancelled'),
}
