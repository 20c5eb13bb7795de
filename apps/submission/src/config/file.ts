import type { ConfigFile } from '@angarium/station/command'
import { type Configuration, configSchema } from './schema.ts'
import { settings } from './settings.ts'

/** The submission server's configuration file. */
export const configFile: ConfigFile<Configuration> = {
  places: ['angarium-submission.yaml', '/etc/angarium/submission.yaml'],
  settings,
  schema: configSchema,
}
