import { isKeyword, isParameterValue } from '../command/parameters.ts'
import type {
  AnyExtension,
  ClientHalf,
  Offer,
  ParameterCodec,
  Plan,
  ServerFacts,
  TransactionWish,
  Veto,
} from '../extension/types.ts'
import { utf8Length } from '../octets.ts'
import { type ExtensionCase, frozen, holds, quietly, same, show } from './check.ts'
import { listOf } from './probe.ts'
import { type AnySamples, usualWishes } from './samples.ts'

/**
 * The client half: what it adds is what the server can read, and only where the server offers it. An extension without
 * one has nothing to be tried.
 */
export function clientCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  const { keyword, client } = extension
  if (client === undefined) return []
  const wishes = wishesOf(extension, samples)
  return [
    {
      name: `${keyword}: plans by the wish, the offer and the server alone`,
      run() {
        for (const { offer, server } of serversOf(extension, samples))
          for (const wish of wishes) {
            const plan = planned(client, wish, offer, server)
            same(planned(client, wish, offer, server), plan, `the plan for ${show(wish)}, asked twice`)
            for (const veto of vetoes(plan))
              holds(veto.reply.code >= 400 && veto.reply.code < 600, `the veto says ${veto.reply.code}`)
          }
      },
    },
    {
      name: `${keyword}: plans parameters that a server of the same list can read`,
      run() {
        for (const { offer, server } of serversOf(extension, samples))
          for (const wish of wishes) {
            const plan = planned(client, wish, offer, server)
            if (plan.kind === 'veto') continue
            readable(plan.mail ?? {}, extension.mail, 'MAIL')
            const { rcpt = [] } = plan
            holds(rcpt.length <= wish.recipients.length, `it plans for ${rcpt.length} recipients`)
            for (const one of rcpt) if (one.kind === 'send') readable(one.parameters, extension.rcpt, 'RCPT')
          }
      },
    },
    {
      name: `${keyword}: adds nothing for a server that does not offer it`,
      run() {
        for (const { offer, server } of serversOf(extension, samples)) {
          if (offer !== undefined) continue
          for (const wish of wishes) {
            const plan = planned(client, wish, undefined, server)
            if (plan.kind === 'veto') continue
            const rcpt = (plan.rcpt ?? []).flatMap((one) => (one.kind === 'send' ? keysOf(one.parameters) : []))
            same([...keysOf(plan.mail ?? {}), ...rcpt], [], `parameters for ${show(wish)}`)
          }
        }
      },
    },
  ]
}

const keysOf = (values: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(values).filter((key) => values[key] !== undefined)

const vetoes = (plan: Plan): readonly Veto[] =>
  plan.kind === 'veto' ? [plan] : (plan.rcpt ?? []).filter((one) => one.kind === 'veto')

/** The usual wishes, bare and with each sampled parameter, and those given. */
function wishesOf(extension: AnyExtension, samples: AnySamples): readonly TransactionWish[] {
  const wishes: TransactionWish[] = [...usualWishes, ...(samples.wishes ?? [])]
  for (const keyword of Object.keys(extension.mail))
    for (const value of samples.mail?.[keyword]?.values ?? [])
      wishes.push(...usualWishes.map((wish) => ({ ...wish, parameters: { [keyword]: value } })))
  for (const keyword of Object.keys(extension.rcpt))
    for (const value of samples.rcpt?.[keyword]?.values ?? [])
      wishes.push(
        ...usualWishes.map((wish) => ({
          ...wish,
          recipients: wish.recipients.map((one) => ({ ...one, parameters: { [keyword]: value } })),
        })),
      )
  return wishes
}

interface Server {
  readonly offer: Offer | undefined
  readonly server: ServerFacts
}

/** Servers that offer the keyword and those that do not, alone and with what is listed beside it. */
function serversOf(extension: AnyExtension, samples: AnySamples): readonly Server[] {
  const others = listOf(extension, samples).filter((one) => one !== extension)
  const beside = [new Map<string, Offer>(), new Map(others.map(({ keyword }): [string, Offer] => [keyword, []]))]
  const servers: Server[] = []
  for (const offer of [undefined, ...offersOf(samples)])
    for (const known of beside)
      for (const tls of [false, true])
        for (const lmtp of [false, true]) {
          const offers = offer === undefined ? known : new Map([...known, [extension.keyword, offer]])
          servers.push(
            ...[false, true].map((authenticated) => ({ offer, server: { offers, tls, lmtp, authenticated } })),
          )
        }
  return servers
}

function planned(client: ClientHalf, wish: TransactionWish, offer: Offer | undefined, server: ServerFacts): Plan {
  const what = `plan for ${show(wish)} with ${show(offer)}`
  return quietly(what, () => client.plan(frozen(wish), frozen(offer), server))
}

function readable(
  values: Readonly<Record<string, unknown>>,
  codecs: Readonly<Record<string, ParameterCodec<unknown>>>,
  command: string,
): void {
  for (const name of keysOf(values)) {
    const codec = codecs[name]
    holds(codec !== undefined, `${command} parameter ${name} is none of this extension`)
    const text = codec.format(values[name])
    const what = `${command} parameter ${name}${text === undefined ? '' : `=${text}`}`
    holds(isKeyword(name) && (text === undefined || isParameterValue(text, true)), `${what} is no parameter`)
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
