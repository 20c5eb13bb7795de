import type {
  Cancel,
  Clock,
  DnsTransport,
  KnownServer,
  Message,
  Random,
  Receiver,
  ResolverEvent,
  ResolverOptions,
  StubResolver,
} from '../src/index.ts'
import { createResolver } from '../src/index.ts'
import { headerOctets } from '../src/message/message.ts'
import { questionEnd } from '../src/message/query.ts'
import { dnsPacketCodec } from '../src/node.ts'
import { createZone, type Zone } from '../src/testing.ts'
import { respond } from '../src/zone/respond.ts'

export interface ManualClock extends Clock {
  /** Moves time on, running what is due in order, and lets promises settle between. */
  advance(by: number): Promise<void>
  readonly timers: number
}

export function manualClock(): ManualClock {
  let now = 0
  const timers = new Set<{ at: number; run: () => void }>()
  return {
    monotonic: () => now,
    after(delay, run) {
      const timer = { at: now + delay, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(by) {
      const until = now + by
      for (;;) {
        await settle()
        const [first] = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)
        if (first === undefined) break
        timers.delete(first)
        now = Math.max(now, first.at)
        first.run()
      }
      now = until
      await settle()
    },
    get timers() {
      return timers.size
    },
  }
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** The same numbers for the same seed. */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 16
  }
  return {
    below: (limit) => next() % limit,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  }
}

export interface Sent {
  readonly protocol: 'udp' | 'tcp'
  readonly query: Uint8Array
  readonly server: KnownServer
  readonly receiver: Receiver
  /** On the resolver's clock. */
  readonly at: number
  cancelled: boolean
}

/** A transport whose every query is handed to `on`, in a later turn. */
export function scriptedTransport(clock: Clock, on: (sent: Sent) => void): DnsTransport & { readonly sent: Sent[] } {
  const sent: Sent[] = []
  const carry =
    (protocol: 'udp' | 'tcp') =>
    (query: Uint8Array, server: KnownServer, receiver: Receiver): Cancel => {
      const one: Sent = { protocol, query, server, receiver, at: clock.monotonic(), cancelled: false }
      sent.push(one)
      void Promise.resolve().then(() => on(one))
      return () => {
        one.cancelled = true
      }
    }
  return { udp: carry('udp'), tcp: carry('tcp'), sent }
}

/** A message that answers a query: without records, but with what is given. */
export function reply(query: Uint8Array, parts: Partial<Message> = {}): Uint8Array {
  const asked = dnsPacketCodec.decode(query) as Message
  const flags = { ...asked.flags, response: true, authentic: false, ...parts.flags }
  const octets = dnsPacketCodec.encode({ ...asked, ...parts, flags }) as Uint8Array
  if (parts.questions === undefined) octets.set(query.subarray(headerOctets, questionEnd(query)), headerOctets)
  return octets
}

/** Answers a query from a zone, or keeps silent. */
export function answerFrom(zone: Zone, { protocol, query, receiver }: Sent): void {
  const { octets } = respond(dnsPacketCodec, zone, query, protocol)
  if (octets !== undefined) receiver.message(octets)
}

export function resolverOver(
  zone: Zone,
  clock: Clock,
  options: Partial<ResolverOptions> = {},
  on: (sent: Sent) => void = (sent) => answerFrom(zone, sent),
): { resolver: StubResolver; sent: Sent[] } {
  const transport = scriptedTransport(clock, on)
  const servers = [{ address: '127.0.0.1' }]
  const resolver = createResolver({
    servers,
    transport,
    codec: dnsPacketCodec,
    clock,
    random: seededRandom(),
    ...options,
  })
  return { resolver, sent: transport.sent }
}

/** Names that answer in every way, all of them authentic. */
export const zone = createZone(
  {
    'a.example': { ttl: 100, A: ['192.0.2.1'], MX: [{ preference: 1, exchange: 'mx.example' }] },
    'short.example': { ttl: 1, A: ['192.0.2.2'] },
    'broken.example': { fails: 'servfail' },
    'refused.example': { fails: 'refused' },
    'bogus.example': { fails: 'bogus' },
    'mute.example': { fails: 'timeout' },
  },
  { authentic: true, negativeTtl: 20_000 },
)

/** A resolver on a manual clock; `on` gets each query. */
export function rig(options: Partial<ResolverOptions> = {}, on?: (sent: Sent) => void) {
  const clock = manualClock()
  const events: ResolverEvent[] = []
  const made = resolverOver(zone, clock, { observe: (event) => events.push(event), ...options }, on)
  return { ...made, clock, events }
}

export const failed = (reason: string) => ({ kind: 'failed', reason })
