import { defineExtension } from '../extension/define.ts'
import type { AnyExtension, Phase, VerbSpec } from '../extension/types.ts'
import { encodeUtf8 } from '../octets.ts'
import { type ExtensionCase, frozen, holds, quietly, same, show } from './check.ts'
import { listOf, Probe } from './probe.ts'
import { type AnySamples, contexts, hostileTexts } from './samples.ts'

/** Verbs, alone and in a session. */
export function verbCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  return Object.entries(extension.verbs).flatMap(([verb, spec]) => {
    const { wellFormed = [], malformed = [] } = samples.verbs?.[verb] ?? {}
    return casesOf({ extension, samples, verb, spec, wellFormed, malformed })
  })
}

interface Subject {
  readonly extension: AnyExtension
  readonly samples: AnySamples
  readonly verb: string
  readonly spec: VerbSpec
  readonly wellFormed: readonly string[]
  readonly malformed: readonly string[]
}

function casesOf(subject: Subject): readonly ExtensionCase[] {
  const { extension, samples, verb, spec, wellFormed, malformed } = subject
  const title = `${extension.keyword}: verb ${verb}`
  return [
    {
      name: `${title} decides by its argument and the context alone`,
      run() {
        holds(wellFormed.length > 0, 'there is no sample of it')
        for (const argument of [...wellFormed, ...malformed, ...hostileTexts])
          for (const context of contexts()) {
            const what = `${verb} ${show(argument ?? '')}`
            const effect = quietly(what, () => spec.run(argument ?? '', frozen(context)))
            same(spec.run(argument ?? '', frozen(context)), effect, `${what}, asked twice`)
            if (effect.kind === 'chunk')
              holds(Number.isSafeInteger(effect.octets) && effect.octets >= 0, `${what} counts ${effect.octets} octets`)
            if (effect.kind === 'reply')
              holds(effect.reply.code >= 200 && effect.reply.code < 600, `${what} answers ${effect.reply.code}`)
          }
      },
    },
    {
      name: `${title} is taken in its phases, and only there`,
      run() {
        holds(spec.phases.length > 0, 'there is no phase in which it is legal')
        for (const phase of ['fresh', 'ready', 'mail', 'rcpt'] as const) {
          const probe = inPhase(subject, phase)
          if (probe === undefined) continue
          const { code } = send(probe, subject, wellFormed[0] ?? '')
          // Before a hello nothing is offered.
          if (spec.phases.includes(phase) && phase !== 'fresh')
            holds(code !== 500 && code !== 503, `${code} in ${phase}`)
          else same(code, 503, `reply in phase ${phase}`)
          goesOn(probe)
        }
      },
    },
    {
      name: `${title} refuses arguments it does not have`,
      run() {
        for (const phase of ['ready', 'mail', 'rcpt'] as const)
          for (const argument of malformed) {
            const probe = spec.phases.includes(phase) ? inPhase(subject, phase) : undefined
            if (probe === undefined) continue
            const { code } = send(probe, subject, argument)
            holds(code >= 400, `${verb} ${show(argument)} got ${code}`)
            goesOn(probe)
          }
      },
    },
    {
      name: `${title} is refused where the extension is not offered, and unknown where it is not listed`,
      run() {
        if (samples.offeredIn?.lmtp !== true) {
          const plain = new Probe(listOf(extension, samples), samples.offeredIn)
          plain.ask('HELO client.example')
          same(send(plain, subject, wellFormed[0] ?? '').code, 503, 'reply behind HELO')
          goesOn(plain)
        }
        const without = new Probe([], samples.offeredIn)
        without.hello()
        same(without.ask(verb).code, 500, 'reply of a session that does not list it')
      },
    },
    {
      name: `${title} ${spec.barrier ? 'lets nothing wait behind it' : 'may be followed at once'}`,
      run() {
        const phase = (['ready', 'mail', 'rcpt'] as const).find((one) => spec.phases.includes(one))
        const probe = phase === undefined ? undefined : inPhase(subject, phase, [pipelining])
        if (probe === undefined) return
        const argument = wellFormed[0] ?? ''
        const octets = encodeUtf8(`${line(subject, argument)}\r\n${content(subject, argument)}NOOP\r\n`)
        const { replies } = probe.hear(octets)
        if (spec.barrier) same([replies.map(({ code }) => code), probe.session.mode], [[554], 'closing'], 'early input')
        else same(replies[replies.length - 1]?.code, 250, 'reply to NOOP behind it')
      },
    },
  ]
}

/** A session in this phase; `undefined` where the extension forbids to get there. */
function inPhase(
  { extension, samples }: Subject,
  phase: Phase,
  beside: readonly AnyExtension[] = [],
): Probe | undefined {
  const list = [...beside, ...listOf(extension, samples).filter(({ keyword }) => keyword !== beside[0]?.keyword)]
  const probe = new Probe(list, samples.offeredIn)
  if (phase === 'fresh') return probe
  probe.hello()
  if (phase === 'ready') return probe
  if (probe.ask('MAIL FROM:<ada@client.example>').code !== 250) return undefined
  if (phase === 'mail') return probe
  return probe.ask('RCPT TO:<bob@mx.example>').code === 250 ? probe : undefined
}

/** Says the verb with the content it counts; its one reply. */
function send(probe: Probe, subject: Subject, argument: string): { readonly code: number } {
  const { replies } = probe.hear(encodeUtf8(`${line(subject, argument)}\r\n${content(subject, argument)}`))
  same(replies.length, 1, `replies to ${show(line(subject, argument))}`)
  return { code: replies[0]?.code ?? 0 }
}

const line = ({ verb }: Subject, argument: string): string => (argument === '' ? verb : `${verb} ${argument}`)

/** Octets that would be commands if they were not content. */
function content({ spec }: Subject, argument: string): string {
  const [context] = contexts()
  const effect = context === undefined ? undefined : spec.run(argument, context)
  return effect?.kind === 'chunk' ? 'QUIT\r\n'.repeat(Math.ceil(effect.octets / 6)).slice(0, effect.octets) : ''
}

/** The session has not lost its place. */
function goesOn(probe: Probe): void {
  if (probe.session.mode === 'want-tls') probe.session.tlsStarted()
  same(probe.ask('NOOP').code, 250, 'NOOP behind it')
}

const pipelining: AnyExtension = defineExtension({
  name: 'pipelining',
  rfc: 2920,
  keyword: 'PIPELINING',
  switches: { pipelining: true },
})
