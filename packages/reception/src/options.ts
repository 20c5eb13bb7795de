import type { Clock, DestinationKey, Log, Millis, QueueStore, Reservation } from '@angarium/queue'
import type { AnyExtension } from '@angarium/smtp-wire'
import type { Directory } from './policy/directory.ts'
import type { RecipientPolicy } from './policy/recipients.ts'
import type { PolicyStage } from './policy/stage.ts'
import type { PriorityPolicy } from './session/wishes.ts'
import type { VerbOwner } from './verbs/owner.ts'

/** Limits of a {@link Reception}. */
export interface ReceptionLimits {
  /** Sessions open at once; more are greeted by 421 4.3.2. */
  readonly sessions: number
  /** A message that comes with so many Received fields goes round in a loop: 554 5.4.6. @rfc 5321 6.3 */
  readonly received: number
  /** What a stage or the recipient policy may take to answer. */
  readonly decisionMs: Millis
}

/** Limits that suit one process. */
export const receptionLimits: ReceptionLimits = { sessions: 1000, received: 100, decisionMs: 30_000 }

/** Who delivers what has just been accepted: where there is room, it is leased in the commit's own transaction. */
export interface Intake {
  /** Names it in leases, as in its scheduler's options. */
  readonly holder: string
  readonly leaseMs: Millis
  /** `Scheduler.reserve`. */
  reserve(destinations: readonly DestinationKey[]): Reservation | undefined
}

/** What a {@link Reception} is made of. */
export interface ReceptionOptions<X extends readonly AnyExtension[]> {
  /** This host, in its greeting and its Received fields. */
  readonly hostname: string
  /** The list its sessions offer; decides the types of the parameters that stages see. */
  readonly extensions: X
  /** Already open. */
  readonly store: QueueStore
  readonly clock: Clock
  /** Who may write to whom; `createRelayPolicy` makes one. */
  readonly recipients: RecipientPolicy<NoInfer<X>>
  /** In the order they are asked. */
  readonly stages?: readonly PolicyStage<NoInfer<X>>[]
  readonly limits?: Partial<ReceptionLimits>
  /** Answers VRFY and EXPN. Left out, they tell nothing. */
  readonly directory?: Directory
  /** Who answers the verbs of extensions that ask, by verb in upper case; others get 502. XFORWARD is answered here. */
  readonly verbs?: Readonly<Record<string, VerbOwner>>
  /** Default: only who has authenticated may raise the priority of a message. */
  readonly priority?: PriorityPolicy
  /** Left out, a scheduler finds new mail by itself. */
  readonly intake?: Intake
  /** Silent by default. */
  readonly log?: Log
}
