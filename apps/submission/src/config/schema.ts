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

/** Settings with absolute paths. */
export interface Configuration extends Settings {
  readonly admin: StationConfiguration['admin']
  readonly postmaster: string
}

function absolute(value: Settings, absolute: (path: string) => string): Configuration {
  return {
    ...value,
    ...withPaths(value, absolute),
    users: absolute(value.users),
    postmaster: value.postmaster ?? `postmaster@${value.domains[0]}`,
  }
}
