import type { Clock, Log, QueueStore } from '@angarium/queue'
import type { AnyExtension } from '@angarium/smtp-wire'
import type { PolicyStage } from './policy/stage.ts'
import type { VerbOwner } from './verbs/owner.ts'

/**
 * What somebody else's module adds to a server: extensions, who answers their verbs, and what it thinks of mail. A server
 * that reads modules from its configuration takes the default export of each, a {@link Contribute}.
 */
export interface Contribution {
  readonly extensions: readonly AnyExtension[]
  /** By verb, upper case: only verbs of its own extensions. */
  readonly verbs?: Readonly<Record<string, VerbOwner>>
  /** Asked after the server's own stages. */
  readonly stages?: readonly PolicyStage[]
}

/** Makes a {@link Contribution}, once, before the server starts. What it throws or rejects with keeps the server down. */
export type Contribute = (host: ContributionHost) => Contribution | Promise<Contribution>

/** What a module is given. */
export interface ContributionHost {
  readonly hostname: string
  /** Not yet open. */
  readonly store: QueueStore
  readonly clock: Clock
  readonly log: Log
  /** As they stand in the configuration. */
  readonly settings: unknown
}
