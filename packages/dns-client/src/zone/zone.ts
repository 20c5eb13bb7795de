import type { Seconds } from '../clock.ts'
import { DnsError } from '../error.ts'
import { normalName, parentOf } from '../name/name.ts'
import type { RecordOf, RecordType } from '../record/record.ts'
import type { KeptEntry, ZoneEntry } from './entry.ts'
import { type Finding, find } from './find.ts'
import { recordsOf } from './records.ts'

/** What holds for a whole zone. */
export interface ZoneOptions {
  /** For names that do not say it themselves. Default false. */
  readonly authentic?: boolean
  /** How long "no" may be kept. Default 300. */
  readonly negativeTtl?: Seconds
}

/**
 * Names with their records and behaviour, to be answered from memory or served on a port; changes take effect at once.
 * A name `*.example.com` stands for all names below `example.com` that do not exist (RFC 4592).
 */
export interface Zone {
  /**
   * Puts a name in place of what it was.
   * @throws DnsError `DNS_ZONE` when a name or record has no form on the wire.
   */
  set(name: string, entry: ZoneEntry): void
  /** Takes a name away. */
  remove(name: string): void
  /** What the zone says about a name and type, aliases followed. */
  find<T extends RecordType>(name: string, type: T): Finding<RecordOf<T>>
}

/**
 * Makes a zone of names.
 *
 * @throws DnsError `DNS_ZONE` when a name or record has no form on the wire.
 */
export function createZone(entries: Readonly<Record<string, ZoneEntry>> = {}, options: ZoneOptions = {}): Zone {
  const { authentic = false, negativeTtl = 300 } = options
  const names = new Map<string, KeptEntry>()
  const below = new Map<string, number>()
  const count = (owner: string, by: 1 | -1): void => {
    for (let name = owner; name !== '.'; ) {
      name = parentOf(name)
      below.set(name, (below.get(name) ?? 0) + by)
    }
  }
  const normal = (name: string): string => {
    const found = normalName(name)
    if (found === undefined) throw new DnsError('DNS_ZONE', `${name} is no name`, { name, because: 'it is no name' })
    return found
  }
  const zone: Zone = {
    set(name, entry) {
      const owner = normal(name)
      const records = recordsOf(owner, entry)
      if (!names.has(owner)) count(owner, 1)
      names.set(owner, { entry, records })
    },
    remove(name) {
      const owner = normal(name)
      if (names.delete(owner)) count(owner, -1)
    },
    find: (name, type) => find({ names, below, authentic, negativeTtl }, name, type),
  }
  for (const [name, entry] of Object.entries(entries)) zone.set(name, entry)
  return zone
}
