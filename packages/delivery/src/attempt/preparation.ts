import type { ContentTraits } from '@angarium/imf-parser/transfer'
import type { Lease } from '@angarium/queue'
import type { AnyExtension } from '@angarium/smtp-wire'
import type { Content } from '@angarium/smtp-wire/drive'
import { failed, type Trouble } from '../outcome/outcome.ts'
import { type Conversion, convertContent, type Inconvertible } from '../plan/convert.ts'
import type { HostAbilities } from '../plan/host.ts'
import { declaredBody, planTransfer, type TransferPlan } from '../plan/plan.ts'
import type { Room } from '../plan/room.ts'
import type { Stop } from '../transport/stop.ts'
import { type ReadContent, survey } from './content.ts'

/** How messages are made ready. */
export interface PreparationContext {
  readonly extensions: readonly AnyExtension[]
  readonly convert: 'when-needed' | 'never'
  /** For contents that are converted. */
  readonly room: Room
}

/** A message as it goes to one host. */
export interface Prepared {
  readonly kind: 'ready'
  readonly host: HostAbilities
  readonly plan: Extract<TransferPlan, { kind: 'send' }>
  readonly content: () => Content
  readonly octets: number
  readonly conversion?: Conversion
}

/** Why it does not go there. */
export type Unprepared =
  /** `elsewhere`: another host may still take it. */
  { readonly kind: 'unfit'; readonly trouble: Trouble; readonly elsewhere: boolean } | { readonly kind: 'stopped' }

/** Makes a message ready for one host after the other. Surveys and converts at most once, and only when a plan asks for it. */
export class Preparation {
  readonly #lease: Lease
  readonly #content: ReadContent
  readonly #context: PreparationContext
  readonly #stop: Stop
  #traits: ContentTraits | undefined
  #conversions: Partial<Record<'8bit' | '7bit', Conversion | Inconvertible>> = {}
  /** Octets of room that are taken. */
  #taken = 0

  constructor(lease: Lease, content: ReadContent, context: PreparationContext, stop: Stop) {
    this.#lease = lease
    this.#content = content
    this.#context = context
    this.#stop = stop
  }

  /**
   * The message for a host of these abilities; its name stands in reasons. A promise where the content has to be read:
   * rejects as that does.
   */
  for(host: HostAbilities, name: string): Prepared | Unprepared | Promise<Prepared | Unprepared> {
    const message = this.#traits === undefined ? this.#lease : { ...this.#lease, traits: this.#traits }
    const plan = planTransfer(message, host, this.#context.convert)
    return plan.kind === 'survey' ? this.#surveyed(host, name) : this.#planned(plan, host, name)
  }

  async #surveyed(host: HostAbilities, name: string): Promise<Prepared | Unprepared> {
    this.#traits = await survey(this.#content())
    const message = { ...this.#lease, traits: this.#traits }
    return this.#planned(planTransfer(message, host, this.#context.convert), host, name)
  }

  #planned(
    plan: Exclude<TransferPlan, { kind: 'survey' }>,
    host: HostAbilities,
    name: string,
  ): Prepared | Unprepared | Promise<Prepared | Unprepared> {
    if (plan.kind === 'refuse') return unfit(failed(plan.status, `${name} ${plan.because}`), plan.elsewhere)
    const { body, size } = this.#lease
    if (plan.body === 'as-is')
      return { kind: 'ready', host, plan, content: () => body ?? this.#content(), octets: size }
    return this.#convertedFor(plan, host, name)
  }

  async #convertedFor(plan: Prepared['plan'], host: HostAbilities, name: string): Promise<Prepared | Unprepared> {
    const to = plan.body === 'to-8bit' ? '8bit' : '7bit'
    const conversion = await this.#converted(to)
    if (conversion === undefined) return { kind: 'stopped' }
    if (conversion.kind === 'inconvertible')
      return unfit(
        failed('5.6.3', `${name} takes ${to} content only, and the message cannot be converted: ${conversion.because}`),
      )
    const { content } = conversion
    return { kind: 'ready', host, plan, content: () => content, octets: content.length, conversion }
  }

  /** Ends the use of what was prepared. */
  release(): void {
    if (this.#taken === 0) return
    this.#conversions = {}
    this.#context.room.give(this.#taken)
    this.#taken = 0
  }

  /** `undefined`: told to stop. */
  async #converted(to: '8bit' | '7bit'): Promise<Conversion | Inconvertible | undefined> {
    const known = this.#conversions[to]
    if (known !== undefined) return known
    const { size, parameters } = this.#lease
    const { room } = this.#context
    if (size > room.size)
      return { kind: 'inconvertible', because: `its ${size} octets are more than the ${room.size} converted here` }
    if (this.#taken === 0) {
      if (!(await room.take(size, this.#stop))) return undefined
      this.#taken = size
    }
    const conversion = await convertContent(this.#content(), size, to, declaredBody(parameters) !== 'binary')
    this.#conversions[to] = conversion
    return conversion
  }
}

function unfit(trouble: Trouble, elsewhere: boolean = true): Unprepared {
  return { kind: 'unfit', trouble, elsewhere }
}
