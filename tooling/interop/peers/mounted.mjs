import { spawnSync } from 'node:child_process'
import { start } from '../process.mjs'

/**
 * Starts a program whose folders are compiled in, in a mount namespace of its own.
 *
 * @param mounts which folder stands in place of which: `[[ours, compiledIn]]`. The latter exist; `setup.sh` makes those
 *   that no Debian has.
 */
export function startMounted(mounts, command, args, options) {
  const script = 'while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift; exec "$@"'
  const words = ['--mount', 'sh', '-ec', script, 'sh', ...mounts.flat(), '--', command, ...args]
  return start('unshare', words, options)
}

/** Why there can be no such namespace here; `undefined` when there can. */
export function mountNamespaces() {
  const { status, stderr } = spawnSync('sh', ['-c', 'unshare --mount true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `no mount namespace can be made here: ${stderr?.trim()}`
}
