import { silentLog } from '@angarium/queue'
import { type AnyExtension, parseDomain, reply } from '@angarium/smtp-wire'
import type { PeerInfo, ServerHandler, TlsInfo } from '@angarium/smtp-wire/drive'
import { misuse } from './error.ts'
import { type ReceptionLimits, type ReceptionOptions, receptionLimits } from './options.ts'
import { PolicyPanel } from './policy/panel.ts'
import type { Protocol } from './session/facts.ts'
import { ReceptionSession } from './session/session.ts'
import { createTally, type ReceptionSnapshot } from './session/tally.ts'
import { cautiousPriority } from './session/wishes.ts'

/** The way in: answers server sessions, and turns what they bring into queued messages. */
export interface Reception<X extends readonly AnyExtension[]> {
  /** As given, for `serve` to be given the same. */
  readonly hostname: string
  readonly extensions: X
  /** Who answers one connection, to be given to `serve`; a `Transport` is such a connection. Default `smtp`. */
  session(
    connection: { readonly peer: PeerInfo; readonly tls: TlsInfo | undefined },
    protocol?: Protocol,
  ): ServerHandler<X>
  /** Takes no new mail: MAIL is answered 452 4.3.1. Transactions under way go on. */
  pause(because: string): void
  /** Takes mail again. */
  resume(): void
  /** The counters now; a value of the caller's own. */
  snapshot(): ReceptionSnapshot
}

/**
 * Makes a reception. Log events: `accepted`, `refused` and `fault`, and as warnings `store-failed` and `policy-failed`.
 * Remote text in their fields is data: the receiver of the log escapes it.
 *
 * @throws ReceptionError RECEPTION_MISUSE for a hostname that is no domain, or a limit that is no positive number
 */
export function createReception<const X extends readonly AnyExtension[]>(options: ReceptionOptions<X>): Reception<X> {
  const { hostname, extensions, store, clock, recipients, stages = [], intake, log = silentLog } = options
  const { directory = {}, verbs = {}, priority = cautiousPriority } = options
  if (parseDomain(hostname) === undefined) throw misuse('hostname', hostname)
  const limits: ReceptionLimits = { ...receptionLimits, ...options.limits }
  for (const [name, limit] of Object.entries(limits)) if (!(limit > 0)) throw misuse(`limit ${name}`, `${limit}`)
  const tally = createTally()
  const policyFailed = (by: string, at: string, because: unknown): void => {
    tally.policyFailures += 1
    log.warn('policy-failed', { by, at, because })
  }
  const desk = {
    hostname,
    store,
    clock,
    log,
    recipients,
    panel: new PolicyPanel<X>(stages, clock, limits.decisionMs, policyFailed),
    policyFailed,
    limits,
    intake,
    directory,
    verbs: new Map(Object.entries(verbs)),
    priority,
    greetings: { smtp: reply(220, undefined, `${hostname} ESMTP`), lmtp: reply(220, undefined, `${hostname} LMTP`) },
    tally,
  }
  return {
    hostname,
    extensions,
    session: ({ peer, tls }, protocol = 'smtp') =>
      new ReceptionSession<X>(desk, { peer, protocol, tls, hello: undefined, identity: undefined }),
    pause(because) {
      tally.paused = because
    },
    resume() {
      tally.paused = undefined
    },
    snapshot: () => ({ ...tally, accepted: { ...tally.accepted }, refused: { ...tally.refused } }),
  }
}
