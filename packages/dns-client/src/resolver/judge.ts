import type { Seconds } from '../clock.ts'
import { type Message, rcodes } from '../message/message.ts'
import { isWithin } from '../name/name.ts'
import type { MxRecord, RecordOf, RecordType } from '../record/record.ts'
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
    const records = own.map(({ data }) => data)
    if (type === 'MX') (records as MxRecord[]).sort((a, b) => a.preference - b.preference)
    const ttl = own.reduce((least, record) => Math.min(least, record.ttl), trail.ttl)
    return { kind: 'records', records: records.slice(0, maxRecords), owner, ttl }
  }

  const soas = message.authorities.filter((record) => record.type === 'SOA')
  const soa = soas.find((record) => isWithin(owner, record.owner))
  // Without a zone's start the "no" may not be kept, but it is one.
  const ttl = Math.min(trail.ttl, soa ? Math.min(soa.ttl, soa.data.minimum) : 0)
  if (message.rcode === rcodes.nxDomain) return { kind: 'nxdomain', ttl }
  if (soa === undefined) {
    if (passed.length > 0) return { kind: 'alias', target: owner, passed, ttl: trail.ttl }
    // A server that does no look-ups for others points to those that know: that is no answer.
    const refers = message.authorities.some((record) => record.type === 'NS')
    if (refers && !message.flags.authoritative) return failed('refused')
  }
  return { kind: 'nodata', ttl }
}

interface Trail<R> {
  readonly owner: string
  readonly passed: readonly string[]
  readonly own: readonly { readonly data: R; readonly ttl: Seconds }[]
  readonly ttl: Seconds
}

/** Goes from alias to alias inside the message until there are records of the type, or no further alias. */
function follow<T extends RecordType>(message: Message, name: string, type: T): Trail<RecordOf<T>> | FailureReason {
  const wanted = new Map<string, { data: RecordOf<T>; ttl: Seconds }[]>()
  const aliases = new Map<string, { target: string; ttl: Seconds }>()
  for (const { owner, type: told, data, ttl } of message.answers) {
    if (told === type) {
      const one = { data: data as RecordOf<T>, ttl }
      const same = wanted.get(owner)
      if (same) same.push(one)
      else wanted.set(owner, [one])
    } else if (told === 'CNAME') {
      const before = aliases.get(owner)
      // A name has one alias; told twice alike is tolerated.
      if (before && before.target !== data.target) return 'malformed'
      aliases.set(owner, { target: data.target, ttl })
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

const failed = (reason: FailureReason): { kind: 'failed'; reason: FailureReason } => ({ kind: 'failed', reason })
