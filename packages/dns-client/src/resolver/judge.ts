import type { Seconds } from '../clock.ts'
import { classIn, type Message, type RawRecord, rcodes } from '../message/message.ts'
import { readRecord } from '../record/read.ts'
import { type MxRecord, type RecordOf, type RecordType, recordTypes } from '../record/record.ts'
import type { FailureReason } from './contract.ts'

/** Most steps from alias to alias, over all messages of one look-up. */
export const maxAliases = 16

/** Most records of one answer; more are dropped, of MX those with the highest preference. */
export const maxRecords = 100

/** What one message says about a name and type. */
export type Verdict<R> =
  | { readonly kind: 'records'; readonly records: readonly R[]; readonly owner: string; readonly ttl: Seconds }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly ttl: Seconds }
  /** The aliases in the message end at a name it says nothing about. */
  | { readonly kind: 'alias'; readonly target: string; readonly passed: readonly string[]; readonly ttl: Seconds }
  | { readonly kind: 'failed'; readonly reason: FailureReason }

/**
 * Reads an answer: follows its aliases from `name`, then takes the records of `type` there, or tells why none.
 *
 * @rfc 1034 4.3.1, 3.6.2
 * @rfc 2308 2, 5
 */
export function judge<T extends RecordType>(message: Message, name: string, type: T): Verdict<RecordOf<T>> {
  if (message.opcode !== 0) return failed('malformed')
  if (message.rcode !== rcodes.noError && message.rcode !== rcodes.nxDomain) return failed(reasonOf(message))

  const trail = follow(message, name, type)
  if (typeof trail === 'string') return failed(trail)
  const { owner, passed, own } = trail
  if (own.length > 0) {
    if (message.rcode === rcodes.nxDomain) return failed('malformed')
    const records: RecordOf<T>[] = []
    for (const raw of own) {
      const record = readRecord(type, message.octets, raw.data)
      if (record === undefined) return failed('malformed')
      records.push(record)
    }
    if (type === 'MX') (records as MxRecord[]).sort((a, b) => a.preference - b.preference)
    const ttl = Math.min(trail.ttl, ...own.map((raw) => raw.ttl))
    return { kind: 'records', records: records.slice(0, maxRecords), owner, ttl }
  }

  const soa = message.authorities.find((raw) => isIn(raw, recordTypes.SOA) && isWithin(owner, raw.owner))
  const start = soa && readRecord('SOA', message.octets, soa.data)
  if (soa !== undefined && start === undefined) return failed('malformed')
  // Without a zone's start the "no" may not be kept, but it is one.
  const ttl = Math.min(trail.ttl, soa && start ? Math.min(soa.ttl, start.minimum) : 0)
  if (message.rcode === rcodes.nxDomain) return { kind: 'nxdomain', ttl }
  if (soa === undefined) {
    if (passed.length > 0) return { kind: 'alias', target: owner, passed, ttl: trail.ttl }
    // A server that does no look-ups for others points to those that know: that is no answer.
    const refers = message.authorities.some((raw) => isIn(raw, recordTypes.NS))
    if (refers && !message.flags.authoritative) return failed('refused')
  }
  return { kind: 'nodata', ttl }
}

interface Trail {
  readonly owner: string
  readonly passed: readonly string[]
  readonly own: readonly RawRecord[]
  readonly ttl: Seconds
}

/** Goes from alias to alias inside the message until there are records of the type, or no further alias. */
function follow(message: Message, name: string, type: RecordType): Trail | FailureReason {
  const wanted = new Map<string, RawRecord[]>()
  const aliases = new Map<string, { target: string; ttl: Seconds }>()
  for (const raw of message.answers) {
    if (isIn(raw, recordTypes[type])) {
      const same = wanted.get(raw.owner)
      if (same) same.push(raw)
      else wanted.set(raw.owner, [raw])
    } else if (isIn(raw, recordTypes.CNAME)) {
      const record = readRecord('CNAME', message.octets, raw.data)
      const before = aliases.get(raw.owner)
      // A name has one alias; told twice alike is tolerated.
      if (record === undefined || (before && before.target !== record.target)) return 'malformed'
      aliases.set(raw.owner, { target: record.target, ttl: raw.ttl })
    }
  }
  let owner = name
  let ttl = Number.POSITIVE_INFINITY
  const passed: string[] = []
  for (;;) {
    const own = wanted.get(owner)
    const alias = aliases.get(owner)
    if (own !== undefined || alias === undefined) return { owner, passed, own: own ?? [], ttl }
    passed.push(owner)
    ttl = Math.min(ttl, alias.ttl)
    owner = alias.target
    if (passed.length > maxAliases || passed.includes(owner)) return 'loop'
  }
}

/** Extended error codes by which a validating resolver says that signatures do not hold. */
const bogusErrors = new Set([5, 6, 7, 8, 9, 10, 11, 12])

function reasonOf(message: Message): FailureReason {
  switch (message.rcode) {
    case rcodes.servFail:
      return message.edns?.errors.some((error) => bogusErrors.has(error)) ? 'bogus' : 'servfail'
    case rcodes.refused:
    case rcodes.formErr:
    case rcodes.notImp:
    case rcodes.badVers:
      return 'refused'
    default:
      return 'servfail'
  }
}

const isIn = (raw: RawRecord, type: number): boolean => raw.type === type && raw.class === classIn

const isWithin = (name: string, zone: string): boolean => zone === '.' || name === zone || name.endsWith(`.${zone}`)

const failed = (reason: FailureReason): { kind: 'failed'; reason: FailureReason } => ({ kind: 'failed', reason })
