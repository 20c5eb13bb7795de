import { existsSync } from 'node:fs'
import { join } from 'node:path'

const cache = process.env.ANGARIUM_PEERS ?? '/var/cache/angarium-peers'
const peers = ['postfix', 'exim4', 'unbound', 'opensmtpd', 'dovecot', 'npm']

/** Where `setup.sh` has unpacked a peer; `npm` has the clients that are npm packages. */
export const rootOf = (peer) => join(cache, peer)

/** Why the real peers cannot be played with here; `undefined` when they can. */
export function realPeers() {
  const missing = ['complete', ...peers].find((one) => !existsSync(join(cache, one)))
  if (missing !== undefined)
    return `the peers are not here (${join(cache, missing)} is missing); tooling/interop/setup.sh brings them`
  if (process.getuid?.() !== 0) return 'mail servers change users, so this needs root'
  return undefined
}
