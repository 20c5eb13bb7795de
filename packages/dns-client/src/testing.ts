/**
 * A zone as a value, a resolver that answers from it, and the cases that every `Resolver` has to pass.
 *
 * @packageDocumentation
 */
export * from './testing/cases.ts'
export * from './testing/memory.ts'
export type { ZoneEntry, ZoneRecords } from './zone/entry.ts'
export type { Alias, Finding } from './zone/find.ts'
export { createZone, type Zone, type ZoneOptions } from './zone/zone.ts'
