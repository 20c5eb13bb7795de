import { join } from 'node:path'
import { pathFrom, type StationConfiguration, withPaths } from '@angarium/station/configuration'
import type * as z from 'zod'
import { contradictions } from './contradictions.ts'
import { type Settings, settings } from './settings.ts'

/** The configuration file as a whole. Paths in it are taken from `folder`; in the program they are absolute. */
export function configSchema(folder: string): z.ZodType<Configuration> {
  return settings
    .transform((value) => absolute(value, pathFrom(folder)))
    .check(({ value, issues }) => {
      for (const { path, message } of contradictions(value))
        issues.push({ code: 'custom', input: value, path, message })
    })
}

/** Settings with absolute paths, the names in them as maps. */
export interface Configuration extends Settings {
  readonly admin: StationConfiguration['admin']
  /** The Maildir of Postmaster where that is no mailbox. */
  readonly postmasterMaildir: string
}

function absolute(value: Settings, absolute: (path: string) => string): Configuration {
  const station = withPaths(value, absolute)
  const entries = Object.entries(value.domains)
  return {
    ...value,
    ...station,
    domains: Object.fromEntries(entries.map(([name, one]) => [name, { ...one, maildir: absolute(one.maildir) }])),
    postmasterMaildir: join(station.data, 'postmaster'),
  }
}
