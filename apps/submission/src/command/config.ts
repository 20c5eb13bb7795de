import { type Command, configCommand } from '@angarium/station/command'
import { configFile } from '../config/file.ts'

/** `angarium-submission config`. */
export const config: Command = configCommand(configFile)
