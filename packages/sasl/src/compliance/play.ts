import type { Channel } from '../channel.ts'
import { createSaslClient } from '../client/client.ts'
import type { ClientExchange, ClientFailure, ClientMechanism } from '../client/contract.ts'
import type { Identity, Need, NeedAnswer, ServerExchange, ServerMechanism, ServerStep } from '../server/contract.ts'
import { createSaslServer } from '../server/server.ts'

/** A mechanism in both halves, with what it takes to log in. */
export interface MechanismSetup {
  readonly server: ServerMechanism
  /** Logs in as `identity`. */
  readonly client: ClientMechanism
  /** The same with a wrong password or token; left out where there is nothing to get wrong. */
  readonly wrongClient?: ClientMechanism
  readonly channel: Channel
  readonly identity: Identity
  /** Answers as a server that knows `identity` and nobody else; other log-ins it answers in the negative. */
  answer(need: Need): NeedAnswer
  /** Passwords and tokens in use, which may show in no step. */
  readonly secrets: readonly string[]
}

/** One obligation. `run` throws a {@link ComplianceFailure} when the mechanism breaks it. */
export interface MechanismCase {
  readonly name: string
  run(setup: MechanismSetup): void
}

/** A mechanism broke the contract. */
export class ComplianceFailure extends Error {
  override readonly name = 'ComplianceFailure'
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ComplianceFailure(what)
}

/** How one conversation went. */
export interface Played {
  /** The server's last step. */
  readonly server: ServerStep
  /** What the client made of it: `undefined` when it trusts the success. */
  readonly client: ClientFailure | 'told-of-failure' | undefined
  /** What the client sent, as it was before any change; `undefined` for no initial response. */
  readonly sent: readonly (Uint8Array | undefined)[]
  /** Every step of the server and need of it, as JSON. */
  readonly shown: string
}

/** What differs from an honest conversation. */
export interface Play {
  readonly client?: ClientMechanism
  /** Sends the initial response only when asked for it. */
  readonly withoutInitial?: boolean
  /** Replaces the client's message number `index`. */
  readonly toServer?: (message: Uint8Array, index: number) => Uint8Array
  /** Replaces the server's challenge number `index`. */
  readonly toClient?: (challenge: Uint8Array, index: number) => Uint8Array
  readonly answer?: (need: Need) => NeedAnswer
}

/** A server's exchange of the setup's mechanism. */
export function beginServer({ server, channel }: MechanismSetup): ServerExchange {
  const exchange = createSaslServer([server]).begin(server.name, channel)
  check(exchange !== undefined, 'the mechanism is offered on the channel of its setup')
  return exchange
}

/** A client's exchange. */
export function beginClient({ server, client, channel }: MechanismSetup): ClientExchange {
  const exchange = createSaslClient([client]).begin([server.name], channel)
  check(exchange !== undefined, 'the client uses the mechanism on the channel of its setup')
  return exchange
}

/** Plays one conversation to its end. Buffers are overwritten as soon as the call they were handed to returns. */
export function play(setup: MechanismSetup, how: Play = {}): Played {
  const { answer = (need) => setup.answer(need), toServer = same, toClient = same } = how
  const server = beginServer(setup)
  const client = beginClient({ ...setup, client: how.client ?? setup.client })
  const sent: (Uint8Array | undefined)[] = []
  const shown: unknown[] = []

  const lend = <T>(octets: Uint8Array, take: (copy: Uint8Array) => T): T => {
    const copy = octets.slice()
    const result = take(copy)
    copy.fill(0x2a)
    return result
  }
  const settle = (first: ServerStep): ServerStep => {
    let step = first
    shown.push(step)
    while (step.kind === 'need') {
      step = server.answer(step.need, answer(step.need))
      shown.push(step)
    }
    return step
  }
  const deliver = (message: Uint8Array, take: (copy: Uint8Array) => ServerStep): ServerStep => {
    sent.push(message)
    return settle(lend(toServer(message, sent.length - 1), take))
  }
  const end = (step: ServerStep, outcome: Played['client']): Played => ({
    server: step,
    client: outcome,
    sent,
    shown: JSON.stringify(shown, withoutOctets),
  })

  const initial = client.start()
  let waiting = how.withoutInitial === true ? initial : undefined
  let step =
    initial === undefined || waiting !== undefined
      ? settle(server.start())
      : deliver(initial, (copy) => server.start(copy))
  for (let turn = 0; step.kind === 'challenge'; turn++) {
    check(turn < MAX_TURNS, 'an exchange ends')
    if (waiting !== undefined) {
      check(step.octets.length === 0, 'the challenge that asks for the initial response is empty')
      const late = waiting
      waiting = undefined
      step = deliver(late, (copy) => server.next(copy))
      continue
    }
    const response = lend(toClient(step.octets, turn), (copy) => client.next(copy))
    if (response.kind === 'abort') return end(settle(server.cancel()), response.reason)
    step = deliver(response.octets, (copy) => server.next(copy))
  }
  return end(step, step.kind === 'success' ? client.succeed() : 'told-of-failure')
}

function same(octets: Uint8Array): Uint8Array {
  return octets
}

function withoutOctets(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length} octets` : value
}

const MAX_TURNS = 32
