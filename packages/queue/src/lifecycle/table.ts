import type { RecipientState } from '../store/contract.ts'

/** What can happen to one recipient. */
export type RecipientEvent =
  | 'lease'
  | 'deliver'
  | 'relay'
  | 'fail'
  | 'defer'
  | 'return'
  /** The lease ended without a settlement: its holder died or was too slow. */
  | 'abandon'
  | 'hold'
  | 'release'
  | 'expedite'
  | 'remove'
  | 'reroute'

/**
 * Where each event leads; what is not in the table is not done. `hold` and `remove` of a leased recipient are wishes:
 * it stays leased, and the wish is granted when it would be queued again. `release` of a queued one is for a future release.
 */
export const transitions: { readonly [S in RecipientState]: { readonly [E in RecipientEvent]?: RecipientState } } = {
  queued: {
    lease: 'leased',
    hold: 'held',
    release: 'queued',
    expedite: 'queued',
    remove: 'removed',
    reroute: 'queued',
  },
  leased: {
    deliver: 'delivered',
    relay: 'relayed',
    fail: 'failed',
    defer: 'queued',
    return: 'queued',
    abandon: 'queued',
    hold: 'leased',
    release: 'leased',
    remove: 'leased',
  },
  held: {
    release: 'queued',
    remove: 'removed',
    reroute: 'held',
  },
  delivered: {},
  relayed: {},
  failed: {},
  removed: {},
}

/** Nothing more happens to a recipient in this state. */
export function isSettled(state: RecipientState): boolean {
  return state !== 'queued' && state !== 'leased' && state !== 'held'
}
