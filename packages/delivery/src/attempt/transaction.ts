import type { Lease, LeasedRecipient } from '@angarium/queue'
import { type ForwardPath, parseMailbox, type ReversePath } from '@angarium/smtp-wire'
import type { TransactionReport } from '@angarium/smtp-wire/drive'
import type { Stop } from '../transport/stop.ts'
import type { Session } from '../transport/target.ts'
import type { ReadContent } from './content.ts'
import { carried, type ParameterOwners } from './parameters.ts'

/** A recipient and its path. */
export interface Addressed {
  readonly recipient: LeasedRecipient
  readonly path: ForwardPath
}

/** One message on its way to some of its recipients. */
export interface Transaction {
  readonly lease: Lease
  readonly from: ReversePath
  readonly to: readonly Addressed[]
  readonly content: ReadContent
  /** Content has octets above 127. `undefined`: nobody looked. */
  readonly eightBit: boolean | undefined
  readonly owners: ParameterOwners
}

/**
 * Sends one transaction over a session. Told to stop, it cuts the session, except where the final dot is on its way: a
 * reply is then worth the wait, for without it the message would be sent again.
 */
export async function transact(session: Session, transaction: Transaction, stop: Stop): Promise<TransactionReport> {
  const { connection } = session
  const { lease, from, to, content, eightBit, owners } = transaction
  let ending = false
  const release = stop.on((stage) => {
    if (stage === 'now' || !ending) connection.close()
  })
  try {
    return await connection.send({
      reversePath: from,
      parameters: carried(lease.parameters, owners.mail, connection.offers),
      recipients: to.map(({ recipient, path }) => ({
        forwardPath: path,
        parameters: carried(recipient.parameters, owners.rcpt, connection.offers),
      })),
      size: lease.size,
      ...(eightBit !== undefined && { body: eightBit ? '8bit' : '7bit' }),
      content: lease.body ?? content(),
      beforeEnd: () => {
        ending = !stop.aborted
        return ending
      },
    })
  } finally {
    release()
    session.transactions++
  }
}

/** The path to send to; `undefined`: no address. The bare Postmaster has no domain. @rfc 5321 4.1.1.3 */
export function forwardPathOf(address: string): ForwardPath | undefined {
  return /^postmaster$/i.test(address) ? { kind: 'postmaster' } : parseMailbox(address)
}

/** The path to send from; `undefined`: no address. */
export function reversePathOf(address: string): ReversePath | undefined {
  return address === '' ? { kind: 'null' } : parseMailbox(address)
}
