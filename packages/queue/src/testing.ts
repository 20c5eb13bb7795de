/**
 * A manual clock and a repeatable source of randomness for tests.
 *
 * @packageDocumentation
 */
export type { ManualClock } from './testing/clock.ts'
export { createManualClock, settled } from './testing/clock.ts'
export { createSeededRandom } from './testing/random.ts'
