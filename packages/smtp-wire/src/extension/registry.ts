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
  /** Longest command line, CRLF included: 512 and what each parameter adds. */
  readonly lineOctets: number
}

/**
 * Indexes a list of extensions.
 *
 * @throws WireError EXTENSION_CONFLICT naming both owners of a keyword, parameter or verb, or what one lacks
 */
export function createRegistry(extensions: readonly AnyExtension[]): Registry {
  const keywords = new Map<string, Owned<true>>()
  const mail = new Map<string, Owned<ParameterCodec<unknown>>>()
  const rcpt = new Map<string, Owned<ParameterCodec<unknown>>>()
  const verbs = new Map<string, Owned<VerbSpec>>()
  for (const verb of CORE_VERBS) verbs.set(verb, CORE)
  let mailOctets = 0
  let rcptOctets = 0
  for (const owner of extensions) {
    claim(keywords, 'keyword', owner.keyword, owner, true)
    for (const [name, codec] of Object.entries<ParameterCodec<unknown>>(owner.mail)) {
      claim(mail, 'MAIL parameter', name, owner, codec)
      mailOctets += codec.maxOctets
    }
    for (const [name, codec] of Object.entries<ParameterCodec<unknown>>(owner.rcpt)) {
      claim(rcpt, 'RCPT parameter', name, owner, codec)
      rcptOctets += codec.maxOctets
    }
    for (const [name, spec] of Object.entries(owner.verbs)) claim(verbs, 'verb', name, owner, spec)
  }
  for (const owner of extensions)
    for (const need of owner.requires)
      if (!keywords.has(need))
        throw new WireError('EXTENSION_CONFLICT', `${owner.name} requires ${need}`, {
          what: need,
          owners: [owner.name],
        })
  for (const verb of CORE_VERBS) verbs.delete(verb)
  return { extensions, mail, rcpt, verbs, lineOctets: 512 + Math.max(mailOctets, rcptOctets) }
}

function claim<T>(map: Map<string, Owned<T>>, kind: string, name: string, owner: AnyExtension, value: T): void {
  const before = map.get(name)
  if (before !== undefined)
    throw new WireError('EXTENSION_CONFLICT', `${kind} ${name} belongs to ${before.owner.name} and to ${owner.name}`, {
      what: name,
      owners: [before.owner.name, owner.name],
    })
  if (!/^[A-Z0-9][A-Z0-9-]*$/.test(name))
    throw new WireError('EXTENSION_CONFLICT', `${kind} ${name} of ${owner.name} is not an upper-case keyword`, {
      what: name,
      owners: [owner.name],
    })
  map.set(name, { owner, value })
}

/** Verbs no extension may take. */
const CORE_VERBS = ['HELO', 'EHLO', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'QUIT', 'VRFY', 'EXPN', 'HELP']

const CORE = { owner: { name: 'RFC 5321' } as AnyExtension, value: {} as VerbSpec }
