import { SaslError } from '../error.ts'
import {
  maxMessageOctets,
  type Need,
  type NeedAnswer,
  type NeedKind,
  type ServerContext,
  type ServerExchange,
  type ServerMechanism,
  type ServerScript,
  type ServerStep,
} from './contract.ts'
import { failure } from './script.ts'

/** Drives a mechanism's script and holds both sides to the order of calls and to the length of messages. */
export class ScriptExchange implements ServerExchange {
  readonly mechanism: string
  readonly #run: (initial: Uint8Array | undefined) => ServerScript
  #script: ServerScript | undefined
  #last: ServerStep | undefined

  constructor(mechanism: ServerMechanism, context: ServerContext) {
    this.mechanism = mechanism.name
    this.#run = (initial) => mechanism.run(context, initial)
  }

  start(initial?: Uint8Array): ServerStep {
    if (this.#last !== undefined) throw this.#misuse('start')
    if (initial !== undefined && initial.length > maxMessageOctets) return this.#end('too-long')
    this.#script = this.#run(initial)
    return this.#advance(undefined)
  }

  next(response: Uint8Array): ServerStep {
    if (this.#last?.kind !== 'challenge') throw this.#misuse('next')
    return response.length > maxMessageOctets ? this.#end('too-long') : this.#advance(response)
  }

  answer<K extends NeedKind>(need: Need<K>, answer: NeedAnswer<K>): ServerStep {
    if (this.#last?.kind !== 'need' || this.#last.need !== (need as Need)) throw this.#misuse('answer')
    return this.#advance(answer)
  }

  cancel(): ServerStep {
    if (this.#last?.kind !== 'challenge') throw this.#misuse('cancel')
    return this.#end('cancelled')
  }

  #advance(value: unknown): ServerStep {
    const step = this.#script?.next(value).value ?? failure('malformed')
    this.#last = step
    return step
  }

  #end(reason: 'too-long' | 'cancelled'): ServerStep {
    this.#script = undefined
    this.#last = failure(reason)
    return this.#last
  }

  #misuse(call: string): SaslError {
    return new SaslError('SASL_MISUSE', `${call} does not follow this exchange's last step`, {
      mechanism: this.mechanism,
      call,
    })
  }
}
