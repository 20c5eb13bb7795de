import { isKeyword } from '../command/parameters.ts'
import { WireError } from '../error.ts'
import type { AnyExtension, ParameterCodec, VerbSpec } from './types.ts'

/** A thing an extension owns, and its owner. */
export interface Owned<T> {
  readonly owner: AnyExtension
  readonly value: T
}

/** A list of extensions, indexed. Keys come from our code only; peers' words are looked up, never stored. */
export interface Registry {
  readonly extensions: readonly AnyExtension[]
  readonly mail: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>
  readonly rcpt: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>
  readonly verbs: ReadonlyMap<string, Owned<VerbSpec>>
  readonly keywords: ReadonlySet<string>
  /** Replies carry enhanced status codes. @rfc 2034 4 */
  readonly enhancedReplies: boolean
  /** Longest command line, CRLF included: 512 and what parameters add, or what a verb needs. @rfc 5321 4.5.3.1.4 */
  readonly lineOctets: number
}

/**
 * Indexes a list of extensions, once: sessions that are given the same list share its registry.
 *
 * @throws WireError EXTENSION_CONFLICT naming both owners of a keyword, parameter or verb, or what one lacks
 */
export function createRegistry(extensions: readonly AnyExtension[]): Registry {
  const known = registries.get(extensions)
  if (known !== undefined) return known
  const registry = index(extensions)
  registries.set(extensions, registry)
  return registry
}

const registries = new WeakMap<readonly AnyExtension[], Registry>()

function index(extensions: readonly AnyExtension[]): Registry {
  const keywords = new Map<string, Owned<true>>()
  const mail = new Map<string, Owned<ParameterCodec<unknown>>>()
  const rcpt = new Map<string, Owned<ParameterCodec<unknown>>>()
  const verbs = new Map<string, Owned<VerbSpec>>()
  for (const verb of coreVerbs) verbs.set(verb, core)
  let verbOctets = 0
  for (const owner of extensions) {
    claim(keywords, 'keyword', owner.keyword, owner, true)
    for (const [name, codec] of Object.entries<ParameterCodec<unknown>>(owner.mail))
      claim(mail, 'MAIL parameter', name, owner, codec)
    for (const [name, codec] of Object.entries<ParameterCodec<unknown>>(owner.rcpt))
      claim(rcpt, 'RCPT parameter', name, owner, codec)
    for (const [name, spec] of Object.entries(owner.verbs)) {
      claim(verbs, 'verb', name, owner, spec)
      verbOctets = Math.max(verbOctets, spec.lineOctets ?? 0)
    }
  }
  for (const owner of extensions)
    for (const need of owner.requires)
      if (typeof need === 'string' && !keywords.has(need))
        throw conflict(`${owner.name} requires ${need}, which is not in the list`, need, [owner.name])
  for (const verb of coreVerbs) verbs.delete(verb)
  const parameterOctets = Math.max(sumOctets(mail), sumOctets(rcpt))
  return {
    extensions,
    mail,
    rcpt,
    verbs,
    keywords: new Set(keywords.keys()),
    enhancedReplies: extensions.some(({ switches }) => switches.enhancedReplies === true),
    lineOctets: Math.max(512 + parameterOctets, verbOctets),
  }
}

function claim<T>(map: Map<string, Owned<T>>, kind: string, name: string, owner: AnyExtension, value: T): void {
  const before = map.get(name)
  if (before !== undefined)
    throw conflict(`${kind} ${name} belongs to ${before.owner.name} and to ${owner.name}`, name, [
      before.owner.name,
      owner.name,
    ])
  if (!isKeyword(name))
    throw conflict(`${kind} ${name} of ${owner.name} is not an upper-case keyword`, name, [owner.name])
  map.set(name, { owner, value })
}

function conflict(message: string, what: string, owners: readonly string[]): WireError<'EXTENSION_CONFLICT'> {
  return new WireError('EXTENSION_CONFLICT', message, { what, owners })
}

function sumOctets(codecs: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>): number {
  let sum = 0
  for (const { value } of codecs.values()) sum += value.maxOctets
  return sum
}

/** Verbs no extension may take. */
const coreVerbs = ['HELO', 'EHLO', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'QUIT', 'VRFY', 'EXPN', 'HELP']

const core = { owner: { name: 'RFC 5321' } as AnyExtension, value: {} as VerbSpec }
