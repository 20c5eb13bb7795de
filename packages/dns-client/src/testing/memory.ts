import { type RecordOf, type RecordType, recordTypes } from '../record/record.ts'
import type { Answer, Resolver } from '../resolver/contract.ts'
import { optionError } from '../resolver/servers.ts'
import type { Zone } from '../zone/zone.ts'

/** A resolver that answers from a zone, and remembers what it was asked. */
export interface MemoryResolver extends Resolver {
  /** Every question so far, in order; empty it at will. */
  readonly asked: { readonly name: string; readonly type: RecordType }[]
}

/**
 * Answers from a zone at once, without cache: what the zone says now is the answer.
 *
 * @throws DnsError `DNS_OPTION` from `resolve` for a type that does not exist.
 */
export function memoryResolver(zone: Zone): MemoryResolver {
  const asked: { name: string; type: RecordType }[] = []
  return {
    asked,
    async resolve<T extends RecordType>(name: string, type: T): Promise<Answer<RecordOf<T>>> {
      if (!Object.hasOwn(recordTypes, type)) throw optionError('type', `${type} cannot be asked for`)
      asked.push({ name, type })
      const { outcome, owner, authentic } = zone.find(name, type)
      if (outcome.kind === 'failed') return outcome
      if (outcome.kind !== 'found') return { kind: outcome.kind, authentic, validFor: outcome.ttl }
      return { kind: 'found', records: outcome.records, canonicalName: owner, authentic, validFor: outcome.ttl }
    },
  }
}
