/**
 * The obligations of a `QueueStore` as cases to run with any test runner. A store's whole test file:
 *
 * ```ts
 * for (const one of queueStoreCases(capabilities)) it(one.name, () => one.run({ create: freshStore, clock: manualClock() }))
 * ```
 *
 * @packageDocumentation
 */
import { damageCases, durabilityCases, manyWriterCases } from './compliance/durability.ts'
import { inspectionCases } from './compliance/inspection.ts'
import { intakeCases } from './compliance/intake.ts'
import { leasingCases } from './compliance/leasing.ts'
import { lineCases } from './compliance/line.ts'
import { modelCases } from './compliance/model.ts'
import { operatorCases } from './compliance/operator.ts'
import { outcomeCases } from './compliance/outcomes.ts'
import { settlingCases } from './compliance/settling.ts'
import type { QueueStoreCase } from './compliance/setup.ts'
import { turnCases } from './compliance/turns.ts'
import type { StoreCapabilities } from './store/contract.ts'

export type { ComplianceSetup, QueueStoreCase } from './compliance/setup.ts'
export { ComplianceFailure } from './compliance/setup.ts'

/** What the runner can do beyond making stores; each turns on the cases that need it. */
export interface ComplianceHooks {
  /** The setup has `damage`. */
  readonly damage?: boolean
}

/** The cases that a store with these capabilities has to pass. */
export function queueStoreCases(
  capabilities: StoreCapabilities,
  hooks: ComplianceHooks = {},
): readonly QueueStoreCase[] {
  return [
    ...intakeCases,
    ...leasingCases,
    ...lineCases,
    ...turnCases,
    ...outcomeCases,
    ...settlingCases,
    ...inspectionCases,
    ...operatorCases,
    ...durabilityCases,
    ...(hooks.damage === true ? damageCases : []),
    ...(capabilities.manyWriters ? manyWriterCases : []),
    ...modelCases,
  ]
}
