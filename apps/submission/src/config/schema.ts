import { fileSchema, type StationConfiguration, withPaths } from '@angarium/station/configuration'
import type * as z from 'zod'
import { contradictions } from './contradictions.ts'
import { type Settings, settings } from './settings.ts'

/** Settings with absolute paths. */
export interface Configuration extends Settings {
  readonly admin: StationConfiguration['admin']
  readonly postmaster: string
}

/** The configuration file as a whole. Paths in it are taken from a folder; in the program they are absolute. */
export const configSchema: (folder: string) => z.ZodType<Configuration> = fileSchema(settings, absolute, contradictions)

function absolute(value: Settings, absolute: (path: string) => string): Configuration {
  return {
    ...value,
    ...withPaths(value, absolute),
    users: absolute(value.users),
    postmaster: value.postmaster ?? `postmaster@${value.domains[0]}`,
  }
}
