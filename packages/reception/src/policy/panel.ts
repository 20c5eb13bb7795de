import type { Clock, Millis } from '@angarium/queue'
import { type AnyExtension, proceed, type Refusal, type Verdict } from '@angarium/smtp-wire'
import type { Soon } from '@angarium/smtp-wire/drive'
import { cannotGreet, localProblem } from '../replies.ts'
import { ask, isPromise } from './ask.ts'
import type { PolicyStage, StageHook } from './stage.ts'

/** A refusal, and who spoke it. */
export interface Ruling {
  readonly by: string
  readonly reply: Refusal
}

/** Hears of a policy that threw, rejected or took too long. */
export type PolicyFailed = (by: string, at: StageHook | 'verb', because: unknown) => void

/** What a hook is told. */
export type HookFacts<X extends readonly AnyExtension[], H extends StageHook> = Parameters<
  NonNullable<PolicyStage<X>[H]>
>

/** The stages of a reception, asked one after another. */
export class PolicyPanel<X extends readonly AnyExtension[]> {
  readonly #stages: readonly PolicyStage<X>[]
  readonly #clock: Clock
  readonly #deadlineMs: Millis
  readonly #failed: PolicyFailed

  constructor(stages: readonly PolicyStage<X>[], clock: Clock, deadlineMs: Millis, failed: PolicyFailed) {
    this.#stages = stages
    this.#clock = clock
    this.#deadlineMs = deadlineMs
    this.#failed = failed
  }

  /** The first refusal; `undefined` when nobody has anything against it. At once unless a stage takes its time. */
  rule<H extends StageHook>(at: H, facts: HookFacts<X, H>, from = 0): Soon<Ruling | undefined> {
    for (const [i, stage] of this.#stages.entries()) {
      const hook = stage[at] as ((...facts: HookFacts<X, H>) => Soon<Verdict>) | undefined
      if (i < from || hook === undefined) continue
      const verdict = ask(
        this.#clock,
        stage.deadlineMs ?? this.#deadlineMs,
        () => hook.apply(stage, facts),
        (because) => this.#verdictOfFailure(stage, at, because),
      )
      if (isPromise(verdict))
        return verdict.then((late) =>
          late === proceed ? this.rule(at, facts, i + 1) : { by: stage.name, reply: late },
        )
      if (verdict !== proceed) return { by: stage.name, reply: verdict }
    }
    return undefined
  }

  #verdictOfFailure(stage: PolicyStage<X>, at: StageHook, because: unknown): Verdict {
    this.#failed(stage.name, at, because)
    if (stage.onFailure === 'proceed') return proceed
    return at === 'connect' ? cannotGreet : localProblem
  }
}
