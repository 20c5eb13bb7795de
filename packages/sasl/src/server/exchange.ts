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
    return this.#advance(this.#script, undefined)
  }

  next(response: Uint8Array): ServerStep {
    const script = this.#waitingFor('challenge', 'next')
    return response.length > maxMessageOctets ? this.#end('too-long') : this.#advance(script, response)
  }

  answer<K extends NeedKind>(need: Need<K>, answer: NeedAnswer<K>): ServerStep {
    const script = this.#waitingFor('need', 'answer')
    if (this.#last?.kind !== 'need' || this.#last.need !== (need as Need)) throw this.#misuse('answer')
    return this.#advance(script, answer)
  }

  cancel(): ServerStep {
    this.#waitingFor('challenge', 'cancel')
    return this.#end('cancelled')
  }

  #waitingFor(kind: ServerStep['kind'], call: string): ServerScript {
    if (this.#script === undefined || this.#last?.kind !== kind) throw this.#misuse(call)
    return this.#script
  }

  #advance(script: ServerScript, value: unknown): ServerStep {
    this.#last = script.next(value).value
    return this.#last
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
