import type { Action } from '../report.ts'

/** All actions, what matters most to a sender first. */
export const actions: readonly Action[] = ['failed', 'delayed', 'relayed', 'expanded', 'delivered']

/** Whether an action tells of something that went wrong. */
export const isTrouble = (action: Action): boolean => action === 'failed' || action === 'delayed'
