import { createDelivery, judgeDelivery, type MailboxDelivery } from '@angarium/delivery'
import type { Resolver } from '@angarium/dns-client'
import {
  type Clock,
  createSchedule,
  createScheduler,
  type DestinationKey,
  defaultSchedulerLimits,
  type Entry,
  type Log,
  type Millis,
  type Random,
} from '@angarium/queue'
import {
  type Contribution,
  createReception,
  type Directory,
  type PolicyStage,
  type PriorityPolicy,
  type RecipientPolicy,
  type VerbOwner,
} from '@angarium/reception'
import { type AnyExtension, type BareLineEnds, formatReply, reply } from '@angarium/smtp-wire'
import { type Dialer, serve, type Transport } from '@angarium/smtp-wire/drive'
import type { StationSettings } from './configuration/settings.ts'
import { type Explanation, explainEntry, type StationSnapshot, snapshotOf } from './explain.ts'
import type { Listen, Listening } from './listen.ts'
import { paceOf } from './pace.ts'
import { createRoomPolicy } from './room-policy.ts'
import { SharedQueue } from './shared-queue.ts'
import type { Share } from './sharing.ts'
import type { StationStore } from './store.ts'

/** What a server on some machine, or in some test, is given. Nothing else reaches it from outside. */
export interface Machine {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Not yet open; closed at the end. */
  readonly store: StationStore
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly listen: Listen
  /** Numeric addresses of this host at which MX records may not lead back to it. */
  readonly ownAddresses: readonly string[]
  /** Listeners can take part in TLS. */
  readonly offersTls: boolean
  /** The queue is one that several processes share. */
  readonly share?: Share
}

/** The settings that matter on the road. */
export type RoadSettings = Pick<
  StationSettings,
  'hostname' | 'routes' | 'proxies' | 'limits' | 'retry' | 'delivery'
> & {
  readonly listeners: readonly (StationSettings['listeners'][number] & { readonly protocol?: 'smtp' | 'lmtp' })[]
}

/** What a station is made of. */
export interface StationParts {
  readonly settings: RoadSettings
  readonly machine: Machine
  /** All that is offered to clients and used with servers. */
  readonly extensions: readonly AnyExtension[]
  /** Who may write to whom. */
  readonly recipients: RecipientPolicy
  /** The queue's destination for an address. */
  destinationOf(address: string): DestinationKey
  /** Where mail for `local:` destinations goes; without it there are none. */
  readonly mailboxes?: MailboxDelivery
  /** Asked before those of the contributions. */
  readonly stages?: readonly PolicyStage[]
  /** By verb; those of the contributions are there besides. */
  readonly verbs?: Readonly<Record<string, VerbOwner>>
  readonly directory?: Directory
  readonly priority?: PriorityPolicy
  /** What becomes of a CR or LF alone in content. Default `refuse`. */
  readonly bareLineEnds?: BareLineEnds
  /** What modules from elsewhere add. */
  readonly contributions?: readonly Contribution[]
}

/** One server: the road from its listeners to its deliveries. */
export interface Station {
  /** Opens the store, then listens. Rejects with what the store or a listener says; then nothing is left open. */
  start(): Promise<void>
  /**
   * No new connections; sessions are told 421 between their transactions; deliveries under way get `deadlineMs` and are
   * then cut, their recipients staying queued. Resolves when the store is closed.
   */
  stop(deadlineMs: Millis): Promise<void>
  /** Why a message is where it is. */
  explain(entry: Entry): Promise<Explanation>
  /** What is being delivered now, and what holds up what is not. */
  snapshot(): StationSnapshot
}

/** Puts the parts together: listener, session, reception, store, scheduler, delivery. */
export function createStation(parts: StationParts): Station {
  const { settings, machine, extensions, contributions = [] } = parts
  const { clock, random, log, store, resolver, dialer, listen, offersTls } = machine
  const { hostname, limits } = settings
  const { policy, policyOf, ...pace } = paceOf(settings)
  const schedule = createSchedule({ random, policy, policyOf })
  const { timeouts } = settings.delivery
  const routes = new Map(Object.entries(settings.routes))
  const delivery = createDelivery({
    hostname,
    identity: { addresses: machine.ownAddresses },
    resolver,
    dialer,
    clock,
    random,
    schedule,
    store,
    destinationOf: (address) => parts.destinationOf(address),
    route: (destination) => routes.get(destination) ?? routes.get('*'),
    ...(parts.mailboxes && { mailboxes: parts.mailboxes }),
    extensions,
    port: settings.delivery.smtpPort,
    allowLoopback: settings.delivery.allowLoopback,
    limits: { connectMs: settings.delivery.connectTimeout },
    sessionLimits: {
      greetingMs: timeouts.greeting,
      commandMs: timeouts.command,
      mailMs: timeouts.mail,
      rcptMs: timeouts.rcpt,
      dataMs: timeouts.data,
      contentMs: timeouts.content,
      endMs: timeouts.end,
    },
    log,
  })
  const { paused, concurrency } = settings.delivery
  const { share } = machine
  const shared = share && new SharedQueue(share, { store, delivery, capacity: paused ? 0 : concurrency, log })
  // In a shared queue the owner's is the only one at work.
  const decides = !paused && share?.role !== 'guest'
  const scheduler = createScheduler({
    store,
    clock,
    random,
    holder: hostname,
    deliver: (lease, signal, passage) => (shared?.deliveries ?? delivery).deliver(lease, signal, passage),
    withoutAttempt: (lease, why) => (shared?.deliveries ?? delivery).withoutAttempt(lease, why),
    judge: judgeDelivery,
    schedule,
    ...pace,
    log,
  })
  const reception = createReception({
    hostname,
    extensions,
    store,
    clock,
    recipients: parts.recipients,
    stages: [createRoomPolicy(store), ...(parts.stages ?? []), ...contributions.flatMap(({ stages = [] }) => stages)],
    verbs: { ...Object.assign({}, ...contributions.map(({ verbs }) => verbs)), ...parts.verbs },
    ...(parts.directory && { directory: parts.directory }),
    ...(parts.priority && { priority: parts.priority }),
    limits: { sessions: limits.connections, received: limits.received },
    // Without a scheduler nobody is there to take a lease.
    ...(decides && {
      intake: {
        holder: hostname,
        leaseMs: defaultSchedulerLimits.leaseMs,
        reserve: (wanted) => scheduler.reserve(wanted),
      },
    }),
    log,
  })

  const listening: Listening[] = []
  const sessions = new Map<Transport, Promise<void>>()
  const goingDown = new AbortController()
  const tooMany = formatReply(reply(421, undefined, `${hostname} has too many connections; come again`))

  const session = (transport: Transport, protocol: 'smtp' | 'lmtp'): Promise<void> =>
    serve(transport, {
      handler: reception.session(transport, protocol),
      hostname,
      extensions,
      protocol,
      tls: offersTls ? 'available' : 'unavailable',
      ...(parts.bareLineEnds && { bareLineEnds: parts.bareLineEnds }),
      limits: {
        messageOctets: limits.messageOctets,
        recipients: limits.recipients,
        ...(limits.transactions !== undefined && { transactions: limits.transactions }),
        commandMs: limits.command,
        contentGraceMs: limits.contentGrace,
        contentRate: limits.contentRate,
        sessionMs: limits.session,
        errors: limits.errors,
        idleCommands: limits.idleCommands,
      },
      clock,
      log,
      signal: goingDown.signal,
    })

  /** Takes no more sessions, tells those there are to end, and cuts those that have not within the deadline. */
  async function endSessions(deadlineMs: Millis): Promise<void> {
    const closed = listening.map((one) => one.close())
    goingDown.abort()
    let cancel = (): void => undefined
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(deadlineMs, resolve)
    })
    await Promise.race([Promise.all([...sessions.values(), ...closed]), late])
    cancel()
    for (const transport of sessions.keys()) transport.destroy()
    await Promise.all(sessions.values())
  }

  async function open(): Promise<void> {
    for (const { address, port, tls, protocol = 'smtp' } of settings.listeners) {
      const onConnection = (transport: Transport): void => {
        const running = session(transport, protocol)
          .catch((error: unknown) => log.warn('session-failed', { error }))
          .finally(() => sessions.delete(transport))
        sessions.set(transport, running)
      }
      const options = {
        address,
        port,
        implicitTls: tls === 'implicit',
        maxConnections: limits.connections,
        maxConnectionsPerAddress: limits.connectionsPerAddress,
        proxyProtocol: { from: settings.proxies.proxyProtocol },
        log,
        onRefused(peer: Transport['peer'], reason: string) {
          log.info('refused', { at: 'connect', by: reason, peer: peer.address })
          return tooMany
        },
      }
      listening.push(await listen(options, onConnection))
    }
  }

  async function stop(deadlineMs: Millis): Promise<void> {
    await Promise.all([endSessions(deadlineMs), scheduler.drain(deadlineMs), shared?.endWork(deadlineMs)])
    await shared?.close()
    await delivery.close()
    await store.close()
  }

  return {
    async start() {
      await store.open()
      try {
        await shared?.start()
        await open()
        if (decides) scheduler.start()
      } catch (error) {
        await stop(0)
        throw error
      }
      for (const { address, port } of listening) log.info('listening', { address, port })
    },
    stop,
    explain: (entry) => explainEntry(entry, scheduler, delivery),
    snapshot: () => snapshotOf(scheduler),
  }
}
