import type { Resolver } from '@angarium/dns-client'
import type {
  AbortLike,
  Clock,
  DestinationKey,
  Lease,
  Log,
  Millis,
  NextHopKey,
  QueueStore,
  Random,
  Schedule,
  Settlement,
  Standstill,
} from '@angarium/queue'
import type { AnyExtension, ClientLimits } from '@angarium/smtp-wire'
import type { Dialer } from '@angarium/smtp-wire/drive'
import type { MailboxDelivery } from './local/mailbox.ts'
import type { AddressFamily } from './route/addresses.ts'
import type { Route } from './route/route.ts'
import type { Identity } from './route/self.ts'
import type { Way } from './way.ts'

/** Limits of a {@link Delivery}. All at least 1. */
export interface DeliveryLimits {
  /** Addresses tried in one attempt. @rfc 5321 5.1 */
  readonly addresses: number
  /** Sessions, past hello and TLS, in one attempt. */
  readonly sessions: number
  /** MX records looked at, best first. */
  readonly exchangers: number
  /** Recipients of one transaction. A server takes at least 100. @rfc 5321 4.5.3.1.8 */
  readonly recipients: number
  /** How long a connection may take to come about. */
  readonly connectMs: Millis
  /** How long a session waits for more work. */
  readonly idleMs: Millis
  /** Sessions that wait for more work. */
  readonly idleSessions: number
  /** Of these, those with the hosts of one next hop. */
  readonly idlePerNextHop: number
  /** Transactions over one session. */
  readonly transactionsPerSession: number
  /** Longer messages are returned to their sender as their header only; in octets. */
  readonly returnOctets: number
  /**
   * Octets of messages being converted at a time, in all; what comes of them is up to two fifths larger, and held as long.
   * A larger message is not converted.
   */
  readonly convertOctets: number
}

/** Limits that suit one process. */
export const defaultDeliveryLimits: DeliveryLimits = {
  addresses: 5,
  sessions: 2,
  exchangers: 20,
  recipients: 100,
  connectMs: 30_000,
  idleMs: 5_000,
  idleSessions: 100,
  idlePerNextHop: 20,
  transactionsPerSession: 500,
  returnOctets: 50_000,
  convertOctets: 26_214_400,
}

/** Parts a {@link Delivery} is made of. */
export interface DeliveryOptions {
  /** Fully qualified name of this host: said in EHLO, named in reports, and ourselves in MX records. */
  readonly hostname: string
  /** Where else MX records may lead to this host. */
  readonly identity?: Identity
  /** Answers about MX records and addresses. */
  readonly resolver: Resolver
  /** Opens connections to servers. */
  readonly dialer: Dialer
  /** Times connections and idle sessions, and dates reports. */
  readonly clock: Clock
  /** For the order of hosts, and for the identifiers of reports: must not be guessable. */
  readonly random: Random
  /** When to try again, to tell the sender, to give up. */
  readonly schedule: Schedule
  /** Contents that do not come along with their lease. */
  readonly store: Pick<QueueStore, 'read'>
  /** Where mail to an address goes; asked for senders that get a report. */
  readonly destinationOf: (address: string) => DestinationKey
  /** A configured next hop in place of MX records. `local:` destinations are not asked about. */
  readonly route?: (destination: DestinationKey) => Route | undefined
  /** Takes what is sent to `local:<domain>`; without it such mail waits. */
  readonly mailboxes?: MailboxDelivery
  /** Their client halves and parameters are used where a server offers them. */
  readonly extensions?: readonly AnyExtension[]
  /**
   * What is to become of content that a host does not take: `when-needed` encodes it for that host, and DKIM signatures
   * break; `never` returns the message. Default `when-needed`.
   */
  readonly convert?: 'when-needed' | 'never'
  /** Families of addresses in use, the preferred one first. Default: IPv6, then IPv4. */
  readonly families?: readonly AddressFamily[]
  /** Port of hosts found by MX. Default 25. */
  readonly port?: number
  /** Lets MX records and address literals lead to loopback addresses, for a laboratory. Default false. */
  readonly allowLoopback?: boolean
  /** What is left out is as in {@link defaultDeliveryLimits}. */
  readonly limits?: Partial<DeliveryLimits>
  /**
   * How long sessions wait for replies, and how much they read. All at least 1; what is left out is as in `clientLimits` of
   * `@angarium/smtp-wire`, which are the times the standard asks for. @rfc 5321 4.5.3.2
   */
  readonly sessionLimits?: Partial<ClientLimits>
  /** Hears of each recipient's outcome, and of what went wrong beside. Silent by default. */
  readonly log?: Log
}

/** A scheduler's `Passage`, or that of a scheduler in another process, which has to be asked. */
export interface DeliveryPassage {
  enter(nextHop: NextHopKey): boolean | Promise<boolean>
}

/** What a delivery is doing. */
export interface DeliverySnapshot {
  /** Leases in hand. */
  readonly active: number
  /** Sessions that wait for more work. */
  readonly idleSessions: number
}

/**
 * Everything between a lease and its settlement. `deliver` and `withoutAttempt` are those a scheduler asks for; all may be
 * passed on as they are.
 */
export interface Delivery {
  /**
   * Attempts one lease. What peers, DNS and mailboxes do is in the settlement, which names every recipient once. When
   * `signal` fires, sessions that are not past their final dot are cut, and recipients without an outcome are `returned`.
   * Recipients that an operator gave up are `failed`, without an attempt.
   *
   * `passage` is entered once the hosts are known and before any connection, with a key of at most 512 characters: the
   * hosts of the best preference, by name, with blanks between; `smtp host:port` or `lmtp host:port` for a configured
   * route; the destination itself for local delivery. Where there is no place, the settlement leaves out all recipients
   * that need one.
   *
   * Rejects with DeliveryError DELIVERY_CLOSED after `close`.
   */
  readonly deliver: (lease: Lease, signal: AbortLike, passage: DeliveryPassage) => Promise<Settlement>
  /**
   * Decides a lease whose destination is passed over, or that a rate limit holds back: defers it, tells its sender of the
   * delay, or gives up.
   */
  readonly withoutAttempt: (lease: Lease, why: Standstill) => Promise<Settlement>
  /**
   * How mail to a destination goes now: asks configuration and DNS, and connects nowhere.
   *
   * @param message whose sender may demand something, such as TLS; by default one that demands nothing
   */
  readonly explain: (destination: DestinationKey, message?: Pick<Lease, 'reversePath' | 'parameters'>) => Promise<Way>
  /** Cuts what is under way and ends the sessions that wait. Resolves when all is over. */
  readonly close: () => Promise<void>
  /** What is going on now; costs nothing. */
  readonly snapshot: () => DeliverySnapshot
}
