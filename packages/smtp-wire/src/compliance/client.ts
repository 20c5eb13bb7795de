import { isKeyword, isParameterValue, type RawParameter } from '../command/parameters.ts'
import { createRegistry, type Owned } from '../extension/registry.ts'
import type { AnyExtension, Offer, ParameterCodec, Plan, TransactionWish } from '../extension/types.ts'
import { utf8Length } from '../octets.ts'
import { type ExtensionCase, frozen, holds, quietly, same, show } from './check.ts'
import { listOf } from './probe.ts'
import { type AnySamples, usualWishes } from './samples.ts'

/** The client half: what it adds is what the server can read, and only where the server offers it. */
export function clientCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  const { keyword } = extension
  const wishes = [...usualWishes, ...(samples.wishes ?? [])]
  return [
    {
      name: `${keyword}: plans by the wish and the offer alone`,
      run() {
        for (const offer of [undefined, ...offersOf(samples)])
          for (const wish of wishes) {
            const plan = planned(extension, wish, offer)
            same(planned(extension, wish, offer), plan, `the plan for ${show(wish)}, asked twice`)
            if (plan.kind === 'veto')
              holds(plan.reply.code >= 400 && plan.reply.code < 600, `the veto says ${plan.reply.code}`)
          }
      },
    },
    {
      name: `${keyword}: plans parameters that a server of the same list can read`,
      run() {
        const { mail, rcpt } = createRegistry(listOf(extension, samples))
        for (const offer of offersOf(samples))
          for (const wish of wishes) {
            const plan = planned(extension, wish, offer)
            if (plan.kind === 'veto') continue
            readable(plan.mail ?? [], mail, 'MAIL')
            readable(plan.rcpt ?? [], rcpt, 'RCPT')
          }
      },
    },
    {
      name: `${keyword}: adds nothing for a server that does not offer it`,
      run() {
        for (const wish of wishes) {
          const plan = planned(extension, wish, undefined)
          if (plan.kind === 'send')
            same([...(plan.mail ?? []), ...(plan.rcpt ?? [])], [], `parameters for ${show(wish)}`)
        }
      },
    },
  ]
}

function planned(extension: AnyExtension, wish: TransactionWish, offer: Offer | undefined): Plan {
  const what = `plan for ${show(wish)} with ${show(offer)}`
  return quietly(what, () => extension.client.plan(frozen(wish), frozen(offer)))
}

function readable(
  parameters: readonly RawParameter[],
  codecs: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>,
  command: string,
): void {
  for (const [name, text] of parameters) {
    const what = `${command} parameter ${name}${text === undefined ? '' : `=${text}`}`
    holds(isKeyword(name) && (text === undefined || isParameterValue(text, true)), `${what} is no parameter`)
    const codec = codecs.get(name)?.value
    holds(codec !== undefined, `${what} belongs to no extension of the list`)
    holds(codec.parse(text) !== undefined, `${what} is not taken by its own codec`)
    const octets = utf8Length(text === undefined ? ` ${name}` : ` ${name}=${text}`)
    holds(octets <= codec.maxOctets, `${what} adds ${octets} octets to the line`)
  }
}

/** What servers offer, good and bad. */
const offersOf = (samples: AnySamples): readonly Offer[] => [
  ...(samples.offers ?? []),
  [],
  ['0'],
  ['-1'],
  ['9'.repeat(40)],
  ['x'.repeat(400)],
  ['=', '\\x00'],
  ['é'],
  Array.from({ length: 100 }, (_, index) => `word${index}`),
]
