import type { Command } from '@angarium/station/command'
import { queueCommand } from '@angarium/station/queue'
import { createAddresses } from '../compose/addresses.ts'
import { drivers } from '../compose/drivers.ts'
import { configFile } from '../config/file.ts'

/** `angarium queue`. */
export const queue: Command = queueCommand({
  name: 'angarium',
  file: configFile,
  drivers,
  destinationOf: (config) => createAddresses(config, []).destinationOf,
})
