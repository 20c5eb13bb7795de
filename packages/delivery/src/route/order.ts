import type { Random } from '@angarium/queue'
import type { NextHop } from './route.ts'

/**
 * The hosts of a routing in the order one attempt tries them: by rank, those of one rank shuffled, with no more addresses
 * than an attempt may try.
 *
 * @param hosts by rising rank
 * @rfc 5321 5.1
 */
export function ordered(hosts: readonly NextHop[], random: Random, maxAddresses: number): readonly NextHop[] {
  const [only] = hosts
  if (only !== undefined && hosts.length === 1 && only.addresses.length <= maxAddresses) return hosts
  const order: NextHop[] = []
  let left = maxAddresses
  for (const one of shuffled(hosts, random)) {
    if (left === 0) break
    const addresses = one.addresses.length > left ? one.addresses.slice(0, left) : one.addresses
    order.push(addresses === one.addresses ? one : { ...one, addresses })
    left -= addresses.length
  }
  return order
}

function shuffled(hosts: readonly NextHop[], random: Random): readonly NextHop[] {
  const result = [...hosts]
  let first = 0
  for (const [at, { rank }] of hosts.entries()) {
    if (rank !== hosts[first]?.rank) first = at
    const other = at === first ? at : first + random.below(at - first + 1)
    const [a, b] = [result[at], result[other]]
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a]
  }
  return result
}
