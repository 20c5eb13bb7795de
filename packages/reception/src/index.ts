/**
 * Everything between an SMTP or LMTP session and the queue: who may send what to whom, the Received field, the loop
 * check, and the promise that a 250 is. Pure: sessions are driven by `@angarium/smtp-wire/drive`, the store, the clock
 * and the policies are handed in.
 *
 * @packageDocumentation
 */
export type { Contribute, Contribution, ContributionHost } from './contribution.ts'
export { ReceptionError, type ReceptionErrorCode, type ReceptionErrorDetails } from './error.ts'
export * from './options.ts'
export * from './policy/address-ranges.ts'
export * from './policy/directory.ts'
export * from './policy/recipients.ts'
export * from './policy/relay-policy.ts'
export * from './policy/stage.ts'
export * from './reception.ts'
export type { HelloFacts, Protocol, RecipientFacts, SessionFacts, TransactionFacts } from './session/facts.ts'
export type { ReceptionSnapshot } from './session/tally.ts'
export { cautiousPriority, type PriorityPolicy } from './session/wishes.ts'
export { createEtrn, type EtrnOptions } from './verbs/etrn.ts'
export type { VerbOwner } from './verbs/owner.ts'
