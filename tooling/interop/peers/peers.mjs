import { existsSync } from 'node:fs'
import { join } from 'node:path'

const cache = process.env.ANGARIUM_PEERS ?? '/var/cache/angarium-peers'

/** Where `setup.sh` has unpacked a peer. */
export const rootOf = (peer) => join(cache, peer)

/** Why the real peers cannot be played with here; `undefined` when they can. */
export function realPeers() {
  if (!existsSync(join(cache, 'complete'))) return 'the peers are not here; tooling/interop/setup.sh brings them'
  if (process.getuid?.() !== 0) return 'Postfix and Exim change users, so this needs root'
  return undefined
}
