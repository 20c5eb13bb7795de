/**
 * The obligations of a service extension as cases to run with any test runner. An extension's whole test of them:
 *
 * ```ts
 * for (const one of extensionCases(size, samples)) it(one.name, () => one.run())
 * ```
 *
 * They try the codecs alone and the extension in real sessions: that what it formats it can parse, that it never throws
 * and never answers twice differently, that it keeps to the lengths and words it announces, and that nothing a peer
 * sends to it costs the next command.
 *
 * @packageDocumentation
 */
import { ComplianceFailure, type ExtensionCase } from './compliance/check.ts'
import { clientCases } from './compliance/client.ts'
import { definitionCases } from './compliance/definition.ts'
import { hookCases } from './compliance/hooks.ts'
import { parameterCases } from './compliance/parameters.ts'
import type { AnySamples, ExtensionSamples } from './compliance/samples.ts'
import { sessionCases } from './compliance/sessions.ts'
import { verbCases } from './compliance/verbs.ts'
import type { AnyExtension, Extension, ParameterSet } from './extension/types.ts'

export { ComplianceFailure, type ExtensionCase } from './compliance/check.ts'
export type { ExtensionSamples, ParameterSample, VerbSample } from './compliance/samples.ts'

/** The cases an extension has to pass. Samples are the author's: what the extension's own RFC calls legal and not. */
export function extensionCases<M extends ParameterSet, R extends ParameterSet>(
  extension: Extension<M, R>,
  samples: ExtensionSamples<M, R>,
): readonly ExtensionCase[] {
  const any: readonly [AnyExtension, AnySamples] = [extension, samples]
  return [
    ...definitionCases(...any),
    ...parameterCases(...any),
    ...hookCases(...any),
    ...verbCases(...any),
    ...sessionCases(...any),
    ...clientCases(...any),
  ].map(({ name, run }) => ({ name, run: () => failing(run) }))
}

/** Whatever goes wrong is the extension's failure. */
function failing(run: () => void): void {
  try {
    run()
  } catch (error) {
    if (error instanceof ComplianceFailure) throw error
    throw new ComplianceFailure(`not expected: ${String(error)}`, { cause: error })
  }
}
