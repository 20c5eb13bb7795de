import type { Program } from '@angarium/station/command'
import manifest from '../../package.json' with { type: 'json' }
import { usage } from './usage.ts'

/** The command line `angarium`. */
export const program: Program = {
  name: 'angarium',
  version: manifest.version,
  usage,
  commands: new Map([
    ['serve', async () => (await import('./serve.ts')).serve],
    ['config', async () => (await import('./config.ts')).config],
    ['send', async () => (await import('./send.ts')).sendCommand],
    ['queue', async () => (await import('./queue.ts')).queue],
    ['demo', async () => (await import('../demo.ts')).demoCommand],
  ]),
}
