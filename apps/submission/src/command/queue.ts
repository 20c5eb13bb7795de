import { destinationOfAddress } from '@angarium/station'
import type { Command } from '@angarium/station/command'
import { queueCommand } from '@angarium/station/queue'
import { drivers } from '../compose/drivers.ts'
import { configFile } from '../config/file.ts'

/** `angarium-submission queue`. */
export const queue: Command = queueCommand({
  name: 'angarium-submission',
  file: configFile,
  drivers,
  destinationOf: () => destinationOfAddress,
})
