import { WireError } from '../error.ts'
import { createRegistry } from '../extension/registry.ts'
import type { AnyExtension } from '../extension/types.ts'
import { hasControl } from '../reply/reply.ts'
import { ComplianceFailure, type ExtensionCase, frozen, holds, quietly, same, show } from './check.ts'
import { listOf, offering, Probe } from './probe.ts'
import { type AnySamples, contexts } from './samples.ts'

/** The extension as a value: what it owns, and what it offers. */
export function definitionCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  const { keyword } = extension
  return [
    {
      name: `${keyword}: has samples of every parameter and verb`,
      run() {
        for (const [kind, owned, given] of [
          ['MAIL parameter', extension.mail, samples.mail],
          ['RCPT parameter', extension.rcpt, samples.rcpt],
          ['verb', extension.verbs, samples.verbs],
        ] as const)
          for (const name of Object.keys(owned as object))
            holds(Object.hasOwn(given ?? {}, name), `no samples of ${kind} ${name}`)
      },
    },
    {
      name: `${keyword}: can be listed with what it requires, and not twice`,
      run() {
        quietly('the list', () => createRegistry(listOf(extension, samples)))
        holds(conflicts([...listOf(extension, samples), extension]), 'the same extension twice is a conflict')
        holds(extension.rfc > 0 && extension.name !== '', 'it has a name and an RFC')
      },
    },
    {
      name: `${keyword}: cannot be listed without what it requires`,
      run() {
        for (const need of extension.requires) {
          if (typeof need !== 'string') continue
          const without = listOf(extension, samples).filter((one) => one.keyword !== need)
          holds(conflicts(without), `without ${need} it is refused`)
        }
      },
    },
    {
      name: `${keyword}: what HELP says of its verbs is one line that begins with the verb`,
      run() {
        for (const [verb, { syntax }] of Object.entries(extension.verbs)) {
          if (syntax === undefined) continue
          holds(syntax === verb || syntax.startsWith(`${verb} `), `${show(syntax)} does not begin with ${verb}`)
          holds(!hasControl(syntax) && syntax.length <= 200, `${show(syntax)} is not one line`)
        }
      },
    },
    {
      name: `${keyword}: offers by context alone, in the grammar of EHLO`,
      run() {
        for (const context of contexts()) {
          const where = `in ${show(context)}`
          const offer = quietly(`ehlo ${where}`, () => extension.ehlo(frozen(context)))
          same(extension.ehlo(frozen(context)), offer, `ehlo asked twice ${where}`)
          if (offer === undefined) continue
          for (const argument of offer)
            holds(isPrintableWord(argument), `argument ${show(argument)} ${where} is not one printable word`)
          holds(`250-${[keyword, ...offer].join(' ')}`.length <= 510, `the line ${where} is longer than a reply line`)
        }
      },
    },
    {
      name: `${keyword}: stands in the EHLO reply as it offers itself, and not where it does not`,
      run() {
        for (const context of contexts()) {
          const probe = new Probe(listOf(extension, samples), context)
          const lines = probe.hello().text.slice(1)
          const found = lines.filter((line) => line.split(' ')[0] === keyword)
          const offer = extension.ehlo(probe.session.context)
          const tlsMissing = context.tls !== 'active' && extension.requires.some((need) => typeof need !== 'string')
          if (offer === undefined || tlsMissing) same(found, [], `lines in ${show(context)}`)
          else
            holds(found.length <= 1 && (found.length === 0 || found[0] === [keyword, ...offer].join(' ')), show(found))
        }
        offering(extension, samples)
      },
    },
  ]
}

function conflicts(list: readonly AnyExtension[]): boolean {
  try {
    createRegistry(list)
    return false
  } catch (error) {
    if (WireError.is(error, 'EXTENSION_CONFLICT')) return true
    throw new ComplianceFailure(`not a conflict: ${String(error)}`)
  }
}

/** `1*(%d33-126)`. @rfc 5321 4.1.1.1 */
function isPrintableWord(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x21 || text.charCodeAt(i) > 0x7e) return false
  return text.length > 0
}
