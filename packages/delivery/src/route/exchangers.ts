import { type MxRecord, parseAddress } from '@angarium/dns-client'
import type { Random } from '@angarium/queue'
import type { Self } from './self.ts'

/** The hosts of MX records, as far as names alone tell. */
export interface Exchangers {
  /** Hosts by rising preference, those of one level shuffled. */
  readonly levels: readonly (readonly string[])[]
  /** We are among them: our level and all worse ones are left out. */
  readonly looped: boolean
}

/**
 * Puts MX records in order. Left out: ourselves and all that is not better than ourselves, what stands for no host, and
 * addresses where a name belongs.
 *
 * @rfc 5321 5.1
 */
export function mailExchangers(
  records: readonly MxRecord[],
  { self, random, maxExchangers }: { readonly self: Self; readonly random: Random; readonly maxExchangers: number },
): Exchangers {
  const own = Math.min(...records.filter(({ exchange }) => self.hasName(exchange)).map(({ preference }) => preference))
  const ordered = shuffled(records, random).sort((a, b) => a.preference - b.preference)
  const seen = new Set<string>()
  const levels = new Map<number, string[]>()
  for (const { preference, exchange } of ordered) {
    if (preference >= own || seen.size === maxExchangers) break
    if (seen.has(exchange) || exchange === '.' || parseAddress(exchange) !== undefined) continue
    seen.add(exchange)
    const level = levels.get(preference)
    if (level === undefined) levels.set(preference, [exchange])
    else level.push(exchange)
  }
  return { levels: [...levels.values()], looped: own !== Infinity }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items]
  for (let at = result.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const [a, b] = [result[at], result[other]]
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a]
  }
  return result
}
