import { join } from 'node:path'
import { prepareServer } from './server.mjs'

export const mtaProgram = join(import.meta.dirname, '../../apps/mta/dist/main.js')

/**
 * The built MTA as a process of its own, on `stage`'s folder.
 *
 * @param config what differs from a server that takes mail for nobody
 */
export async function startMta(stage, config, { name = 'mta', ...options } = {}) {
  const mta = await prepareServer(stage, mtaProgram, config, { name, ...options })
  await mta.start()
  return mta
}
