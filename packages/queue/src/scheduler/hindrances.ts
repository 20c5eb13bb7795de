import type { DestinationKey, Lease, Millis } from '../store/contract.ts'
import type { Hindrance, NextHopKey } from './contract.ts'
import type { Gate } from './gate.ts'
import type { Ways } from './ways.ts'

/**
 * What keeps work from beginning that a {@link Gate} knows of.
 *
 * @param now - in monotonic time.
 * @param shift - from monotonic time to that of the clock on the wall.
 */
export function hindrancesAt(
  gate: Gate,
  { destination, sender, source }: Pick<Lease, 'destination' | 'sender' | 'source'>,
  now: Millis,
  shift: Millis,
): readonly Hindrance[] {
  const hop = gate.hopOf(destination)
  const found = ofWay(gate.destinations, 'destination', destination, now, shift)
  if (hop !== undefined) found.push(...ofWay(gate.nextHops, 'next-hop', hop, now, shift))
  if (found.length === 0 && gate.lacksProbe(destination, hop)) found.push({ kind: 'full', by: 'all', ...gate.probing })
  for (const { limit, key, until } of gate.rates.full({ all: '', destination, 'next-hop': hop, sender, source }, now))
    found.push({ kind: 'rate', limit, until: until + shift, ...(limit.by !== 'all' && { of: key }) })
  return found
}

function ofWay(
  ways: Ways,
  by: 'destination' | 'next-hop',
  of: DestinationKey | NextHopKey,
  now: Millis,
  shift: Millis,
): Hindrance[] {
  const until = ways.coolUntil(of)
  if (until !== undefined && until > now) return [{ kind: 'passed-over', by, of, until: until + shift }]
  const active = ways.active(of)
  const window = ways.window(of)
  return active < window ? [] : [{ kind: 'full', by, of, active, window }]
}
