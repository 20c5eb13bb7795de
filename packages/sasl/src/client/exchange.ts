import { SaslError } from '../error.ts'
import { nothing } from '../octets.ts'
import { maxMessageOctets } from '../server/contract.ts'
import type {
  ClientContext,
  ClientExchange,
  ClientFailure,
  ClientMechanism,
  ClientScript,
  ClientStep,
} from './contract.ts'

/** Drives a mechanism's script and holds both sides to the order of calls and to the length of messages. */
export class ScriptClientExchange implements ClientExchange {
  readonly mechanism: string
  readonly #run: () => ClientScript
  #script: ClientScript | undefined
  #state: 'new' | 'open' | 'complete' | 'over' = 'new'

  constructor(mechanism: ClientMechanism, context: ClientContext) {
    this.mechanism = mechanism.name
    this.#run = () => mechanism.run(context)
  }

  start(): Uint8Array | undefined {
    if (this.#state !== 'new') throw this.#misuse('start')
    this.#script = this.#run()
    const first = this.#script.next(nothing)
    if (first.done === true) throw this.#misuse('start')
    this.#state = first.value.complete ? 'complete' : 'open'
    return first.value.octets
  }

  next(challenge: Uint8Array): ClientStep {
    if (this.#script === undefined || this.#state === 'over') throw this.#misuse('next')
    if (challenge.length > maxMessageOctets) return this.#abort('too-long')
    const turn = this.#script.next(challenge)
    if (turn.done === true) return this.#abort(turn.value)
    const { octets = nothing, complete, refusal } = turn.value
    this.#state = complete ? 'complete' : 'open'
    return { kind: 'respond', octets, ...(refusal !== undefined && { refusal }) }
  }

  succeed(): ClientFailure | undefined {
    if (this.#state === 'new' || this.#state === 'over') throw this.#misuse('succeed')
    const verified = this.#state === 'complete'
    this.#state = 'over'
    return verified ? undefined : 'server-unverified'
  }

  #abort(reason: ClientFailure): ClientStep {
    this.#state = 'over'
    return { kind: 'abort', reason }
  }

  #misuse(call: string): SaslError {
    return new SaslError('SASL_MISUSE', `${call} does not follow this exchange's last step`, {
      mechanism: this.mechanism,
      call,
    })
  }
}
