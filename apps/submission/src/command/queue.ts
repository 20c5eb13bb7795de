import { silentLog } from '@angarium/queue'
import type { Command } from '@angarium/station/command'
import { queueCommand } from '@angarium/station/queue'
import { createStore } from '../compose/store.ts'
import { configFile } from '../config/file.ts'

/** `angarium-submission queue`. */
export const queue: Command = queueCommand({
  name: 'angarium-submission',
  file: configFile,
  createStore: (directory) => createStore(directory, silentLog),
})
