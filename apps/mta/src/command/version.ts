import { exitCodes } from '@angarium/host'
import manifest from '../../package.json' with { type: 'json' }
import type { Console } from './console.ts'

/** `angarium version`. */
export function versionCommand(_: readonly string[], console: Console): number {
  console.out(`angarium ${manifest.version}, Node ${process.versions.node}`)
  return exitCodes.ok
}
