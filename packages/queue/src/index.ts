/**
 * The life of an accepted message: the store's contract, the retry schedule, the scheduler, and a store in memory.
 * Pure: clock and randomness are handed in, disks and databases are other packages.
 *
 * @packageDocumentation
 */
export * from './clock.ts'
export * from './error.ts'
export * from './schedule/schedule.ts'
export * from './scheduler/contract.ts'
export * from './store/contract.ts'
