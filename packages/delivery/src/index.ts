/**
 * Everything between a lease and its settlement: where mail goes, how it gets there, how each recipient came out, and what
 * the sender is told. Pure: DNS, sockets, clock, randomness, queue and mailboxes are handed in.
 *
 * @packageDocumentation
 */
export * from './contract.ts'
export { createDelivery } from './delivery.ts'
export * from './error.ts'
export { judgeDelivery } from './judge.ts'
export { localPrefix } from './local/local.ts'
export * from './local/mailbox.ts'
export type { Trouble } from './outcome/outcome.ts'
export { type HostAbilities, hostAbilities } from './plan/host.ts'
export { planTransfer, type TransferMessage, type TransferPlan, type TransferTraits } from './plan/plan.ts'
export type { AddressFamily } from './route/addresses.ts'
export type { Hosts, NextHop, Route, RouteSource } from './route/route.ts'
export type { Identity } from './route/self.ts'
export type { TlsLevel, TlsPolicy, TlsSource } from './tls/policy.ts'
export type { Way, WayAddress, WayHost, WayHosts } from './way.ts'
