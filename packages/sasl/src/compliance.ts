/**
 * The obligations of a mechanism as cases to run with any test runner. A mechanism's whole test of them:
 *
 * ```ts
 * for (const one of mechanismCases) it(one.name, () => one.run(setup))
 * ```
 *
 * Both halves are played against each other: as they should, and with messages cut, replaced, too long or cancelled.
 *
 * @packageDocumentation
 */
import { beginClient, beginServer, check, type MechanismCase, type MechanismSetup, play } from './compliance/play.ts'
import { SaslError } from './error.ts'
import { maxMessageOctets } from './server/contract.ts'

export type { MechanismCase, MechanismSetup } from './compliance/play.ts'
export { ComplianceFailure } from './compliance/play.ts'

/** What every mechanism has to pass. */
export const mechanismCases: readonly MechanismCase[] = [
  {
    name: 'right credentials log in, and the client trusts the server',
    run(setup) {
      const { server, client } = play(setup)
      check(isSuccess(setup, server), `ends in success as the expected identity, not in ${JSON.stringify(server)}`)
      check(client === undefined, `the client trusts the success, not ${client}`)
    },
  },
  {
    name: 'the initial response may come late',
    run(setup) {
      check(isSuccess(setup, play(setup, { withoutInitial: true }).server), 'the log-in succeeds')
    },
  },
  {
    name: 'wrong credentials are refused',
    run(setup) {
      if (setup.wrongClient === undefined) return
      const { server } = play(setup, { client: setup.wrongClient })
      check(server.kind === 'failure' && server.reason === 'refused', `refused, not ${JSON.stringify(server)}`)
    },
  },
  {
    name: 'messages cut anywhere log nobody else in',
    run(setup) {
      play(setup).sent.forEach((message, index) => {
        for (let length = 0; length < (message?.length ?? 0); length++) {
          const toServer = (octets: Uint8Array, at: number) => (at === index ? octets.subarray(0, length) : octets)
          checkUnfooled(setup, play(setup, { toServer }).server)
        }
      })
    },
  },
  {
    name: 'garbage from the client logs nobody else in',
    run(setup) {
      play(setup).sent.forEach((message, index) => {
        for (const octets of garbage) {
          if (message?.length === 0 && octets.length === 0) continue
          checkUnfooled(setup, play(setup, { toServer: (sent, at) => (at === index ? octets : sent) }).server)
        }
      })
    },
  },
  {
    name: 'garbage from the server ends the exchange',
    run(setup) {
      for (const octets of garbage) {
        play(setup, { toClient: () => octets })
        const client = beginClient(setup)
        client.start()
        let turns = 0
        while (client.next(octets).kind !== 'abort') check(turns++ < 8, 'the client gives up at last')
      }
    },
  },
  {
    name: 'what is too long is refused',
    run(setup) {
      const long = new Uint8Array(maxMessageOctets + 1).fill(0x61)
      const initial = beginServer(setup).start(long)
      check(initial.kind === 'failure' && initial.reason === 'too-long', 'an initial response that is too long')
      const server = beginServer(setup)
      check(server.start().kind === 'challenge', 'without an initial response there is a challenge')
      const step = server.next(long)
      check(step.kind === 'failure' && step.reason === 'too-long', 'a response that is too long')
      const client = beginClient(setup)
      client.start()
      const answer = client.next(long)
      check(answer.kind === 'abort' && answer.reason === 'too-long', 'a challenge that is too long')
    },
  },
  {
    name: 'the client can cancel, after which nothing goes on',
    run(setup) {
      const server = beginServer(setup)
      server.start()
      const step = server.cancel()
      check(step.kind === 'failure' && step.reason === 'cancelled', 'cancelling ends in a failure that says so')
      checkMisuse(() => server.next(new Uint8Array(0)))
      checkMisuse(() => server.start())
    },
  },
  {
    name: 'what cannot be found out is no refusal',
    run(setup) {
      let asked = 0
      const { server } = play(setup, {
        answer() {
          asked++
          return 'unavailable'
        },
      })
      check(asked === 0 || (server.kind === 'failure' && server.reason === 'unavailable'), 'fails as unavailable')
    },
  },
  {
    name: 'no step shows a secret',
    run(setup) {
      for (const client of [setup.client, setup.wrongClient ?? setup.client]) {
        const { shown } = play(setup, { client })
        for (const secret of setup.secrets) check(!shown.includes(secret), 'a secret shows in a step')
      }
    },
  },
]

/** Success at the end of a broken conversation is wrong wherever there is something to prove. */
function checkUnfooled(setup: MechanismSetup, server: ReturnType<typeof play>['server']): void {
  if (server.kind !== 'success') return
  check(setup.wrongClient === undefined && isSuccess(setup, server), `${JSON.stringify(server)} by a broken message`)
}

function isSuccess({ identity }: MechanismSetup, step: ReturnType<typeof play>['server']): boolean {
  return (
    step.kind === 'success' && step.identity.authcid === identity.authcid && step.identity.authzid === identity.authzid
  )
}

function checkMisuse(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (SaslError.is(error, 'SASL_MISUSE')) return
  }
  check(false, 'a call after the end throws SASL_MISUSE')
}

const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

/** Messages that are no mechanism's, or barely. */
const garbage: readonly Uint8Array[] = [
  octets(),
  octets(0),
  octets(0, 0, 0, 0),
  octets(0xff, 0xfe),
  octets(0xc0, 0x80),
  octets(0xed, 0xa0, 0x80),
  octets(1),
  octets(1, 1, 1),
  octets(0x0d, 0x0a, 0x2e, 0x0d, 0x0a),
  octets(0x3d),
  octets(0x2c, 0x2c, 0x2c),
  octets(0x2a),
  octets(0x7b, 0x7d),
  new Uint8Array(maxMessageOctets),
  new Uint8Array(maxMessageOctets).fill(0x2c),
  new Uint8Array(maxMessageOctets).fill(0x3d),
  new Uint8Array(maxMessageOctets).fill(0x5b),
  new Uint8Array(maxMessageOctets).fill(0xff),
]
