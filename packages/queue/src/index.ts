/**
 * The life of an accepted message: the store's contract, the retry schedule, the scheduler, and a store in memory.
 * Pure: clock and randomness are handed in, disks and databases are other packages.
 *
 * @packageDocumentation
 */
export * from './clock.ts'
export * from './error.ts'
export { defaultAbandonPolicy } from './lifecycle/abandon.ts'
export type { AbandonPolicy } from './lifecycle/advance.ts'
export * from './memory/store.ts'
export type {
  AgeQuestion,
  RetryDecision,
  RetryPolicy,
  RetryQuestion,
  Schedule,
  ScheduleOptions,
} from './schedule/schedule.ts'
export { createSchedule, defaultRetryPolicy } from './schedule/schedule.ts'
export * from './scheduler/contract.ts'
export { judgeSettlement } from './scheduler/judge.ts'
export { createScheduler } from './scheduler/scheduler.ts'
export * from './store/contract.ts'
export * from './store/count.ts'
