import type { Millis, Seconds } from '../clock.ts'
import { normalName, parentOf } from '../name/name.ts'
import type { RecordOf, RecordType, TargetRecord } from '../record/record.ts'
import type { FailureReason } from '../resolver/contract.ts'
import { maxAliases, maxRecords } from '../resolver/judge.ts'
import type { KeptEntry, ZoneEntry } from './entry.ts'

/** An alias on the way. */
export interface Alias {
  readonly owner: string
  readonly target: string
  readonly ttl: Seconds
}

/** What a zone says about a name and type. */
export interface Finding<R> {
  readonly outcome:
    | { readonly kind: 'found'; readonly records: readonly R[]; readonly ttl: Seconds }
    | { readonly kind: 'nodata' | 'nxdomain'; readonly ttl: Seconds }
    | { readonly kind: 'failed'; readonly reason: FailureReason }
  /** Where the aliases led. */
  readonly owner: string
  readonly aliases: readonly Alias[]
  /** Every step is authentic. */
  readonly authentic: boolean
  /** How the name that was asked for behaves on the wire. */
  readonly delay: Millis
  readonly truncate: boolean
}

/** What {@link find} looks in. */
export interface Names {
  readonly names: ReadonlyMap<string, KeptEntry>
  /** How many names there are below each. */
  readonly below: ReadonlyMap<string, number>
  readonly authentic: boolean
  readonly negativeTtl: Seconds
}

/** Looks a name and type up and follows its aliases. */
export function find<T extends RecordType>(zone: Names, asked: string, type: T): Finding<RecordOf<T>> {
  const aliases: Alias[] = []
  const passed = new Set<string>()
  let owner = normalName(asked)
  let authentic = true
  const first = owner === undefined ? undefined : entryOf(zone, owner)?.entry
  const end = (outcome: Finding<RecordOf<T>>['outcome']): Finding<RecordOf<T>> => ({
    outcome,
    owner: owner ?? asked,
    aliases,
    authentic,
    delay: first?.delay ?? 0,
    truncate: first?.truncate ?? false,
  })
  if (owner === undefined) return end({ kind: 'failed', reason: 'malformed' })
  for (;;) {
    const kept = entryOf(zone, owner)
    authentic &&= kept?.entry.authentic ?? ancestor(zone, owner)?.authentic ?? zone.authentic
    const least = Math.min(zone.negativeTtl, ...aliases.map((alias) => alias.ttl))
    if (kept === undefined) return end({ kind: hasBelow(zone, owner) ? 'nodata' : 'nxdomain', ttl: least })
    const reason = failureOf(kept.entry, type)
    if (reason !== undefined) return end({ kind: 'failed', reason })
    const ttl = kept.entry.ttl ?? 300
    const records = kept.records.get(type) as readonly RecordOf<T>[] | undefined
    if (records !== undefined)
      return end({
        kind: 'found',
        records: records.slice(0, maxRecords),
        ttl: Math.min(ttl, ...aliases.map((alias) => alias.ttl)),
      })
    const alias = kept.records.get('CNAME')?.[0] as TargetRecord | undefined
    if (alias === undefined) return end({ kind: 'nodata', ttl: least })
    aliases.push({ owner, target: alias.target, ttl })
    passed.add(owner)
    owner = alias.target
    if (passed.has(owner) || passed.size > maxAliases) return end({ kind: 'failed', reason: 'loop' })
  }
}

/** The entry of a name, or of the wildcard that stands for it (RFC 4592, 3.3.1). */
function entryOf(zone: Names, name: string): KeptEntry | undefined {
  const own = zone.names.get(name)
  if (own !== undefined || hasBelow(zone, name)) return own
  for (let parent = parentOf(name); ; parent = parentOf(parent)) {
    const wildcard = zone.names.get(parent === '.' ? '*' : `*.${parent}`)
    if (wildcard !== undefined) return wildcard
    // Only the closest name that exists may have the wildcard.
    if (parent === '.' || zone.names.has(parent) || hasBelow(zone, parent)) return undefined
  }
}

/** A name without records still exists when there are names below it (RFC 8020, 3.1). */
function hasBelow(zone: Names, name: string): boolean {
  return (zone.below.get(name) ?? 0) > 0
}

function ancestor(zone: Names, name: string): ZoneEntry | undefined {
  for (let parent = parentOf(name); ; parent = parentOf(parent)) {
    const entry = zone.names.get(parent)?.entry
    if (entry !== undefined || parent === '.') return entry
  }
}

function failureOf(entry: ZoneEntry, type: RecordType): FailureReason | undefined {
  return typeof entry.fails === 'string' ? entry.fails : entry.fails?.[type]
}
