import type { Program } from '@angarium/station/command'
import manifest from '../../package.json' with { type: 'json' }
import { usage } from './usage.ts'

/** The command line `angarium-submission`. */
export const program: Program = {
  name: 'angarium-submission',
  version: manifest.version,
  usage,
  commands: new Map([
    ['serve', async () => (await import('./serve.ts')).serve],
    ['config', async () => (await import('./config.ts')).config],
    ['user', async () => (await import('./user.ts')).userCommand],
    ['queue', async () => (await import('./queue.ts')).queue],
  ]),
}
