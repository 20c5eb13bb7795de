import { pathToFileURL } from 'node:url'
import type { Contribute, Contribution, ContributionHost } from '@angarium/reception'
import type { StationSettings } from './configuration/settings.ts'

/**
 * Loads the modules the configuration names.
 *
 * @throws an error that names the module, for one that cannot be loaded or contributes nothing
 */
export async function contributionsOf(
  { extensions: { modules } }: Pick<StationSettings, 'extensions'>,
  host: Omit<ContributionHost, 'settings'>,
): Promise<readonly Contribution[]> {
  const contributions: Contribution[] = []
  for (const { module, settings } of modules)
    try {
      const { default: contribute } = (await import(specifier(module))) as { readonly default?: Contribute }
      if (typeof contribute !== 'function') throw new TypeError('its default export is no function')
      const contribution = await contribute({ ...host, settings })
      if (!Array.isArray(contribution?.extensions)) throw new TypeError('it contributes no list of extensions')
      contributions.push(contribution)
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      throw new Error(`extension module ${module}: ${because}`, { cause: error })
    }
  return contributions
}

/** A file is named by its path; anything else is a package. */
const specifier = (module: string): string => (module.startsWith('/') ? pathToFileURL(module).href : module)
