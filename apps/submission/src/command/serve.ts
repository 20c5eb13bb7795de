import { type Command, serveCommand } from '@angarium/station/command'
import { production } from '../compose/production.ts'
import { configFile } from '../config/file.ts'

/** `angarium-submission serve`. */
export const serve: Command = serveCommand(configFile, production)
