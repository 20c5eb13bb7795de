import { type MxRecord, parseAddress } from '@angarium/dns-client'
import type { Self } from './self.ts'

/** The hosts of MX records, as far as names alone tell. */
export interface Exchangers {
  /** Hosts by rising preference. */
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
  { self, maxExchangers }: { readonly self: Self; readonly maxExchangers: number },
): Exchangers {
  const own = Math.min(...records.filter(({ exchange }) => self.hasName(exchange)).map(({ preference }) => preference))
  const ordered = [...records].sort((a, b) => a.preference - b.preference)
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
