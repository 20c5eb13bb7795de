/**
 * For those who write a store: the life of a recipient as pure functions, so that no two stores differ in it.
 *
 * @packageDocumentation
 */
export { abandonWork, defaultAbandonPolicy } from './lifecycle/abandon.ts'
export type { AbandonPolicy, RecipientEvent, WorkRecipient } from './lifecycle/advance.ts'
export { advance, isSettled, isWaiting } from './lifecycle/advance.ts'
export type { Changed } from './lifecycle/change.ts'
export { changeWork, joinWork } from './lifecycle/change.ts'
export type { MessageFacts } from './lifecycle/entry.ts'
export { entryOf, factsOf, leaseName, leaseOf, leaseRefOf } from './lifecycle/entry.ts'
export { filterPasses, filterPassesMessage, filterPassesRecipient } from './lifecycle/filter.ts'
export type { InLine } from './lifecycle/line.ts'
export { dueForLevel, dueOf, inLine, levelMs, levelOf, lowestLevel } from './lifecycle/line.ts'
export { rebaseWork } from './lifecycle/rebase.ts'
export { senderOf } from './lifecycle/sender.ts'
export type { PlannedSettlement } from './lifecycle/settle.ts'
export { checkSettlement, planSettlements, settleWork } from './lifecycle/settle.ts'
export type { TurnKey } from './lifecycle/turns.ts'
export { Turns } from './lifecycle/turns.ts'
export type { Tally, Work } from './lifecycle/work.ts'
export { dueAt, isFinished, leasedRecipients, leaseWork, tallied, tally, workOf } from './lifecycle/work.ts'
export { checkChange, checkCommit, checkDuration, checkFilter, checkLeaseRequest, misuse } from './store/check.ts'
export type { IdMaker } from './store/id.ts'
export { createIdMaker, isQueueId } from './store/id.ts'
