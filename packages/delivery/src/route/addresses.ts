import type { Answer, RecordOf, Resolver } from '@angarium/dns-client'
import { canonicalAddress } from './self.ts'

/** IP in two versions. */
export type AddressFamily = 'ipv6' | 'ipv4'

/** What DNS says about the addresses of a name. */
export type Addresses =
  | {
      readonly kind: 'found'
      readonly addresses: readonly string[]
      readonly canonicalName: string
      readonly authentic: boolean
    }
  | { readonly kind: 'none' }
  /** Could not be found out, which is never a form of "none". */
  | { readonly kind: 'unknown' }

/**
 * Looks up the addresses of a name in the families given, and puts them in turn: one of the first family, one of the
 * next, and so on, each family in the order of its answer. So neither a dead IPv6 path nor a dead IPv4 path takes all tries.
 *
 * @rfc 5321 5.1, 5.2
 */
export async function addressesOf(
  name: string,
  families: readonly AddressFamily[],
  resolver: Resolver,
): Promise<Addresses> {
  const answers = await Promise.all(
    families.map(
      (family): Promise<Answer<RecordOf<'A' | 'AAAA'>>> => resolver.resolve(name, family === 'ipv6' ? 'AAAA' : 'A'),
    ),
  )
  const found = answers.filter((answer) => answer.kind === 'found')
  const [first] = found
  if (first === undefined) return { kind: answers.some(({ kind }) => kind === 'failed') ? 'unknown' : 'none' }
  const addresses = new Set<string>()
  const longest = Math.max(...found.map(({ records }) => records.length))
  for (let at = 0; at < longest; at++)
    for (const { records } of found) {
      const address = canonicalAddress(records[at]?.address ?? '')
      if (address !== undefined) addresses.add(address)
    }
  return {
    kind: 'found',
    addresses: [...addresses],
    canonicalName: first.canonicalName,
    authentic: found.every(({ authentic }) => authentic),
  }
}
