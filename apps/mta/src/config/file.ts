import type { ConfigFile } from '@angarium/station/command'
import { type Configuration, configSchema } from './schema.ts'
import { settings } from './settings.ts'

/** The MTA's configuration file. */
export const configFile: ConfigFile<Configuration> = {
  places: ['angarium.yaml', '/etc/angarium/angarium.yaml'],
  settings,
  schema: configSchema,
}
