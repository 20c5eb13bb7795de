import { type AnswerCache, type CacheLimits, createCache } from '../cache/cache.ts'
import type { Cancel, Clock, Millis, Random, Seconds } from '../clock.ts'
import type { MessageCodec } from '../message/message.ts'
import { normalName } from '../name/name.ts'
import { type RecordOf, type RecordType, recordTypes } from '../record/record.ts'
import type { Answer, Resolver } from './contract.ts'
import { maxAliases } from './judge.ts'
import { type Asking, lookUp, type ResolverEvent } from './lookup.ts'
import { createServers, optionError } from './servers.ts'
import { createSlots } from './slots.ts'
import type { DnsServer, DnsTransport, KnownServer } from './transport.ts'

/** What {@link createResolver} needs; everything with a default may be left out. */
export interface ResolverOptions {
  /** Asked in this order. If any is trusted, only the trusted ones are. */
  readonly servers: readonly DnsServer[]
  /** The sockets. */
  readonly transport: DnsTransport
  /** How messages are written and read. */
  readonly codec: MessageCodec
  readonly clock: Clock
  readonly random: Random
  /** How long to wait for one server in the first round; each further round doubles it. Default 2000. */
  readonly tryTimeout?: Millis
  /** How often a server that keeps silent is asked. Default 3. */
  readonly rounds?: number
  /** How long one look-up may take, with its aliases. Default 20000. */
  readonly deadline?: Millis
  /** Most questions under way at a time; more wait, and their deadline runs. Default 200. */
  readonly concurrency?: number
  /** Send names in mixed case as a further hurdle for forgers. Default true. */
  readonly mixedCase?: boolean
  /** How much is kept. */
  readonly cache?: Partial<CacheLimits>
  /** How long answers are kept, in seconds. */
  readonly keep?: Partial<KeepTimes>
  /** Told what happens, for logs and counters. Must not throw. */
  readonly observe?: (event: ResolverEvent) => void
}

/** How long answers are kept. @rfc 2308 5, 7 */
export interface KeepTimes {
  /** Records are kept at least so long, whatever their TTL. Default 0. */
  readonly least: Seconds
  /** And at most so long. Default one day. */
  readonly most: Seconds
  /** "No such name" and "no such record" are kept at most so long. Default three hours. */
  readonly mostNegative: Seconds
  /** A failure is kept so long, so that a broken zone is not asked for every message. Default 5. @rfc 9520 3.2 */
  readonly failure: Seconds
}

/** A {@link Resolver} that asks servers and remembers. */
export interface StubResolver extends Resolver {
  /** The servers it asks. If none is trusted, no answer will ever be authentic. */
  readonly servers: readonly KnownServer[]
  /** Answers it remembers now. */
  readonly cached: number
  /** Forgets what it knows of a name, or everything. */
  forget(name?: string): void
  /** Calls off everything under way: it becomes `failed`, `timeout`, as do all later look-ups that the cache cannot answer. */
  close(): void
}

/**
 * A stub resolver: it asks recursive servers, and believes their AD bit when they are trusted.
 *
 * Same questions asked at the same time are sent once. Each query has a random id, a port of its own, and letters in
 * random case; what does not match is ignored. Answers that do not fit 1232 octets are fetched by TCP.
 *
 * @throws DnsError `DNS_OPTION` for options that cannot be used, and from `resolve` for a type that does not exist.
 * @rfc 1034 5.3.1
 * @rfc 5452 9
 * @rfc 6891 6.2
 * @rfc 7766 5
 */
export function createResolver(options: ResolverOptions): StubResolver {
  const { transport, codec, clock, random, mixedCase = true, observe = () => undefined } = options
  const number = (option: string, value: number | undefined, otherwise: number, least: number): number => {
    if (value === undefined) return otherwise
    if (!(value >= least && value <= Number.MAX_SAFE_INTEGER)) throw optionError(option, `${value} is out of range`)
    return value
  }
  const limit = number('deadline', options.deadline, 20_000, 1)
  const keep: KeepTimes = {
    least: number('keep.least', options.keep?.least, 0, 0),
    most: number('keep.most', options.keep?.most, 86_400, 0),
    mostNegative: number('keep.mostNegative', options.keep?.mostNegative, 10_800, 0),
    failure: number('keep.failure', options.keep?.failure, 5, 0),
  }
  const cache = createCache(
    {
      entries: number('cache.entries', options.cache?.entries, 10_000, 0),
      octets: number('cache.octets', options.cache?.octets, 16 * 1024 * 1024, 0),
    },
    clock,
  )
  const servers = createServers(options.servers, clock)
  const slots = createSlots(number('concurrency', options.concurrency, 200, 1))
  const open = new Set<Cancel>()
  const asking: Asking = {
    line: { transport, codec, clock, open, ignored: (server) => observe({ kind: 'ignored', server }) },
    servers,
    clock,
    random,
    tryTimeout: number('tryTimeout', options.tryTimeout, 2000, 1),
    rounds: number('rounds', options.rounds, 3, 1),
    mixedCase,
    observe,
  }
  const underWay = new Map<string, Promise<Answer<unknown>>>()
  let closed = false

  const ask: Ask = async (name, type, deadline) => {
    await slots.take()
    try {
      return await lookUp(asking, name, type, closed ? Number.NEGATIVE_INFINITY : deadline)
    } finally {
      slots.giveBack()
    }
  }
  const answer = async (name: string, type: RecordType): Promise<Answer<unknown>> => {
    const { answer, octets } = await chase(ask, name, type, clock.monotonic() + limit)
    if (closed && answer.kind === 'failed') return answer
    return remember(cache, keep, name, type, answer, octets)
  }

  return {
    servers: servers.known,
    get cached() {
      return cache.size
    },
    async resolve<T extends RecordType>(asked: string, type: T): Promise<Answer<RecordOf<T>>> {
      if (!Object.hasOwn(recordTypes, type)) throw optionError('type', `${type} cannot be asked for`)
      const name = normalName(asked)
      if (name === undefined) return { kind: 'failed', reason: 'malformed' }
      const known = cache.find(name, type)
      if (known !== undefined) {
        observe({ kind: 'from-cache', name, type })
        return known as Answer<RecordOf<T>>
      }
      const key = `${type} ${name}`
      let promise = underWay.get(key)
      if (promise === undefined) {
        promise = answer(name, type).finally(() => underWay.delete(key))
        underWay.set(key, promise)
      }
      return (await promise) as Answer<RecordOf<T>>
    },
    forget(name) {
      if (name === undefined) cache.forget()
      else cache.forget(normalName(name) ?? name)
    },
    close() {
      closed = true
      for (const cancel of [...open]) cancel()
    },
  }
}

type Ask = <T extends RecordType>(name: string, type: T, deadline: Millis) => ReturnType<typeof lookUp<T>>

/** Asks, and asks again for the target when an answer ends at an alias. Every step must be authentic for the whole to be. */
async function chase(
  ask: Ask,
  asked: string,
  type: RecordType,
  deadline: Millis,
): Promise<{ answer: Answer<unknown>; octets: number }> {
  const passed = new Set<string>()
  let name = asked
  let authentic = true
  let ttl = Number.POSITIVE_INFINITY
  let octets = 0
  for (;;) {
    const finding = await ask(name, type, deadline)
    const { verdict } = finding
    if (verdict.kind === 'failed') return { answer: verdict, octets }
    authentic &&= finding.authentic
    octets += finding.octets
    const validFor = Math.min(ttl, verdict.ttl)
    if (verdict.kind === 'records')
      return {
        answer: { kind: 'found', records: verdict.records, canonicalName: verdict.owner, authentic, validFor },
        octets,
      }
    if (verdict.kind !== 'alias') return { answer: { kind: verdict.kind, authentic, validFor }, octets }
    for (const alias of verdict.passed) passed.add(alias)
    if (passed.has(verdict.target) || passed.size > maxAliases)
      return { answer: { kind: 'failed', reason: 'loop' }, octets }
    ttl = validFor
    name = verdict.target
  }
}

function remember(
  cache: AnswerCache,
  keep: KeepTimes,
  name: string,
  type: RecordType,
  answer: Answer<unknown>,
  octets: number,
): Answer<unknown> {
  if (answer.kind === 'failed') {
    cache.keep(name, type, answer, keep.failure, octets)
    return answer
  }
  const bounded =
    answer.kind === 'found'
      ? Math.min(Math.max(answer.validFor, keep.least), keep.most)
      : Math.min(answer.validFor, keep.mostNegative)
  const kept = { ...answer, validFor: bounded }
  cache.keep(name, type, kept, bounded, octets)
  return kept
}
