import type { ClientMechanism } from '../client/contract.ts'
import { badCredentials } from '../client/credentials.ts'
import { decodeUtf8, encodeUtf8, nothing } from '../octets.ts'
import { isTrace } from '../prepare/stringprep.ts'
import type { ServerMechanism } from '../server/contract.ts'
import { ask, authorize, challenge, failure } from '../server/script.ts'
import { strength } from '../strength.ts'

/**
 * ANONYMOUS, server half. No set of mechanisms includes it.
 *
 * `message = [ email / token ]`; either is held to the 255 characters of a token.
 *
 * @rfc 4505 2
 */
export function anonymousServer(): ServerMechanism {
  return {
    name: 'ANONYMOUS',
    strength: strength.ANONYMOUS,
    available: () => true,
    *run(_context, initial) {
      const trace = decodeUtf8(initial ?? (yield* challenge(nothing)))
      if (trace === undefined || !fits(trace)) return failure('malformed')
      const answer = yield* ask({ kind: 'anonymous', trace })
      return typeof answer === 'string' ? failure(answer) : yield* authorize(answer.authcid, '')
    },
  }
}

/**
 * ANONYMOUS, client half.
 * @param trace an address, or a token without `@` that means something to the client's administrator; may be empty.
 * @throws SaslError `SASL_BAD_CREDENTIALS` for a trace that is too long or holds controls.
 * @rfc 4505 2
 */
export function anonymousClient(trace = ''): ClientMechanism {
  if (!fits(trace)) throw badCredentials('trace')
  return {
    name: 'ANONYMOUS',
    strength: strength.ANONYMOUS,
    available: () => true,
    *run() {
      yield { octets: encodeUtf8(trace), complete: true }
      return 'unexpected-challenge'
    },
  }
}

function fits(trace: string): boolean {
  // A character is one or two units.
  return trace.length <= 510 && [...trace].length <= 255 && isTrace(trace)
}
