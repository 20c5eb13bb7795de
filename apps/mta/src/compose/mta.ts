import { createDelivery, judgeDelivery } from '@angarium/delivery'
import type { Resolver } from '@angarium/dns-client'
import {
  type Clock,
  createSchedule,
  createScheduler,
  defaultSchedulerLimits,
  type Log,
  type Millis,
  type QueueStore,
  type Random,
} from '@angarium/queue'
import { type Contribution, createEtrn, createReception } from '@angarium/reception'
import { type Dialer, serve, type Transport } from '@angarium/smtp-wire/drive'
import type { Configuration } from '../config/schema.ts'
import type { MaildirFiles } from '../maildir/files.ts'
import { createMaildir } from '../maildir/maildir.ts'
import { createAddresses } from './addresses.ts'
import { extensionsOf } from './extensions.ts'

/** Accepts connections; resolves once it does, rejects with the system's reason. */
export type Listen = (
  listener: { readonly address: string; readonly port: number },
  onConnection: (transport: Transport) => void,
) => Promise<Listening>

/** A listener at work. */
interface Listening {
  readonly address: string
  readonly port: number
  /** Takes no more connections from the call on; resolves when those there are have ended. */
  close(): Promise<void>
}

/** What an MTA is made of. Nothing else reaches it from outside. */
export interface Parts {
  readonly config: Configuration
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Not yet open; closed at the end. */
  readonly store: QueueStore
  readonly resolver: Resolver
  readonly dialer: Dialer
  readonly listen: Listen
  /** For Maildirs. */
  readonly files: MaildirFiles
  /** Numeric addresses of this host at which MX records may not lead back to it. */
  readonly ownAddresses: readonly string[]
  /** Listeners can take part in TLS. */
  readonly offersTls: boolean
  /** What modules from elsewhere add. */
  readonly contributions?: readonly Contribution[]
  /** Told the file of each message delivered here. */
  readonly onDelivered?: (path: string, address: string) => void
}

/** A whole mail transfer agent. */
export interface Mta {
  /** Opens the store, then listens. Rejects with what the store or a listener says; then nothing is left open. */
  start(): Promise<void>
  /**
   * No new connections; sessions are told 421 between their transactions; deliveries under way get `deadlineMs` and are
   * then cut, their recipients staying queued. Resolves when the store is closed.
   */
  stop(deadlineMs: Millis): Promise<void>
}

/** Puts the parts together: listener, session, reception, store, scheduler, delivery. */
export function createMta(parts: Parts): Mta {
  const { config, clock, random, log, store, resolver, dialer, listen, files, offersTls } = parts
  const { hostname, limits, retry } = config
  const { contributions = [] } = parts
  const addresses = createAddresses(config)
  const extensions = extensionsOf(config, contributions, clock)
  const { first: firstMs, max: maxMs, factor, lifetime: lifetimeMs, warnAfter: warnAfterMs } = retry
  const schedule = createSchedule({ random, policy: { firstMs, maxMs, factor, lifetimeMs, warnAfterMs } })
  const delivery = createDelivery({
    hostname,
    identity: { addresses: parts.ownAddresses },
    resolver,
    dialer,
    clock,
    random,
    schedule,
    store,
    destinationOf: addresses.destinationOf,
    route: addresses.route,
    mailboxes: createMaildir({
      files,
      clock,
      random,
      hostname,
      folder: addresses.mailboxes.folder,
      delivered: (path, { address }) => parts.onDelivered?.(path, address),
    }),
    extensions,
    port: config.delivery.smtpPort,
    allowLoopback: config.delivery.allowLoopback,
    limits: { connectMs: config.delivery.connectTimeout },
    log,
  })
  const { concurrency, perDestination, paused } = config.delivery
  const scheduler = createScheduler({
    store,
    clock,
    random,
    holder: hostname,
    deliver: (lease, signal) => delivery.deliver(lease, signal),
    withoutAttempt: (lease) => delivery.withoutAttempt(lease),
    judge: judgeDelivery,
    schedule,
    limits: { concurrency, perDestination },
    log,
  })
  const reception = createReception({
    hostname,
    extensions,
    store,
    clock,
    recipients: addresses.recipients,
    stages: contributions.flatMap(({ stages = [] }) => stages),
    verbs: {
      ...Object.assign({}, ...contributions.map(({ verbs }) => verbs)),
      ETRN: createEtrn({ store, destinationOf: addresses.etrn, log }),
    },
    directory: addresses.directory,
    priority: (requested, session) =>
      session.identity === undefined && !addresses.isFriend(session.peer.address) ? Math.min(requested, 0) : requested,
    limits: { sessions: limits.connections, received: limits.received },
    // Without delivery nobody is there to take a lease.
    ...(!paused && {
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

  const session = (transport: Transport, protocol: 'smtp' | 'lmtp'): Promise<void> =>
    serve(transport, {
      handler: reception.session(transport, protocol),
      hostname,
      extensions,
      protocol,
      tls: offersTls ? 'available' : 'unavailable',
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

  async function stop(deadlineMs: Millis): Promise<void> {
    await Promise.all([endSessions(deadlineMs), scheduler.drain(deadlineMs)])
    await delivery.close()
    await store.close()
  }

  return {
    async start() {
      await store.open()
      try {
        for (const { address, port, protocol } of config.listeners) {
          const onConnection = (transport: Transport): void => {
            const running = session(transport, protocol)
              .catch((error: unknown) => log.warn('session-failed', { error }))
              .finally(() => sessions.delete(transport))
            sessions.set(transport, running)
          }
          listening.push(await listen({ address, port }, onConnection))
        }
        if (!paused) scheduler.start()
      } catch (error) {
        await stop(0)
        throw error
      }
      for (const { address, port } of listening) log.info('listening', { address, port })
    },
    stop,
  }
}
