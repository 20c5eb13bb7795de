import { join } from 'node:path'
import { fileSchema, type StationConfiguration, withPaths } from '@angarium/station/configuration'
import type * as z from 'zod'
import { contradictions } from './contradictions.ts'
import { type Settings, settings } from './settings.ts'

/** Settings with absolute paths, the names in them as maps. */
export interface Configuration extends Settings {
  readonly admin: StationConfiguration['admin']
  /** The Maildir of Postmaster where that is no mailbox. */
  readonly postmasterMaildir: string
}

/** The configuration file as a whole. Paths in it are taken from a folder; in the program they are absolute. */
export const configSchema: (folder: string) => z.ZodType<Configuration> = fileSchema(settings, absolute, contradictions)

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
