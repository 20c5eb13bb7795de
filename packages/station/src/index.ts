/**
 * One server: the road from its listeners to its deliveries, put together from parts that are handed in. What makes it a
 * mail exchanger or a submission server is what the app plugs in.
 *
 * @packageDocumentation
 */
export * from './bring-up.ts'
export * from './contributions.ts'
export * from './destination.ts'
export * from './drivers.ts'
export type { DestinationExplanation, Explanation, StationSnapshot } from './explain.ts'
export * from './extensions.ts'
export * from './folder.ts'
export * from './listen.ts'
export type { Deliveries, Share, Sharing, WorkOptions } from './sharing.ts'
export * from './station.ts'
export * from './store.ts'
