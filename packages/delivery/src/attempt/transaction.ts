import type { RelayParameters } from '@angarium/dsn'
import type { LeasedRecipient } from '@angarium/queue'
import {
  addressLimits,
  asciiLower,
  type ForwardPath,
  isAscii,
  parseDomain,
  parseMailbox,
  type ReversePath,
} from '@angarium/smtp-wire'
import type { Outgoing } from '@angarium/smtp-wire/drive'
import { aLabels } from '../route/a-labels.ts'
import type { Session } from '../transport/target.ts'
import type { Prepared } from './preparation.ts'

/** A recipient and its path. */
export interface Addressed {
  readonly recipient: LeasedRecipient
  readonly path: ForwardPath
}

/**
 * Whom the next transaction of a session is for; nobody, when the session has reached the limits that its server told.
 *
 * @param most recipients
 * @rfc 9422 4
 */
export function nextRecipients(pending: readonly Addressed[], session: Session, most: number): readonly Addressed[] {
  const { mailMax = Infinity, rcptMax = most, rcptDomainMax } = session.limits
  if (session.transactions >= mailMax) return []
  const limit = Math.min(most, rcptMax)
  if (rcptDomainMax === undefined) return pending.slice(0, limit)
  const next: Addressed[] = []
  for (const one of pending) {
    if (next.length === limit) break
    const domain = one.path.kind === 'mailbox' ? asciiLower(one.path.domain) : ''
    if (session.domains.size >= rcptDomainMax && !session.domains.has(domain)) continue
    session.domains.add(domain)
    next.push(one)
  }
  return next
}

/** One message on its way to some of its recipients. */
export interface Transaction {
  readonly from: ReversePath
  readonly to: readonly Addressed[]
  readonly parameters: RelayParameters
  readonly message: Prepared
  /** Asked just before the final dot. */
  readonly beforeEnd: () => boolean
}

/** A transaction as a session is told of it. */
export function outgoing({ from, to, parameters, message, beforeEnd }: Transaction): Outgoing {
  const { plan, content, octets } = message
  const path = plan.asciiOnly ? inAscii : <P>(as: P): P => as
  return {
    reversePath: path(from),
    parameters: parameters.mail,
    recipients: to.map((one, at) => ({ forwardPath: path(one.path), parameters: parameters.rcpt[at] ?? [] })),
    size: octets,
    ...(plan.is !== undefined && { body: plan.is }),
    ...(plan.utf8Header !== undefined && { utf8Header: plan.utf8Header }),
    content: content(),
    beforeEnd,
  }
}

/** The path to send to; `undefined`: no address. The bare Postmaster has no domain. @rfc 5321 4.1.1.3 */
export function forwardPathOf(address: string): ForwardPath | undefined {
  return /^postmaster$/i.test(address) ? { kind: 'postmaster' } : parseMailbox(address, limits)
}

/** The path to send from; `undefined`: no address. */
export function reversePathOf(address: string): ReversePath | undefined {
  return address === '' ? { kind: 'null' } : parseMailbox(address, limits)
}

/** With the domain's A-labels. @rfc 6531 3.7 */
function inAscii<P extends ForwardPath | ReversePath>(path: P): P {
  if (path.kind !== 'mailbox' || isAscii(path.domain)) return path
  const domain = parseDomain(aLabels(path.domain) ?? '')
  return domain === undefined ? path : { ...path, domain }
}

/** Beyond ASCII, a plan decides. @rfc 6531 3.3 */
const limits = { ...addressLimits, utf8: true }
