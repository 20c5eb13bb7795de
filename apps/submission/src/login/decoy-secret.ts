import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '@angarium/queue'
import { Secret } from '@angarium/sasl'

/**
 * The secret that the salts of users who do not exist follow from: made once, and kept, since salts that change would tell
 * them from those who do.
 *
 * @throws the system's error.
 */
export function decoySecret(data: string, random: Random): Secret {
  const file = join(data, 'decoy-secret')
  if (!existsSync(file)) {
    const unfinished = `${file}.new`
    writeFileSync(unfinished, Buffer.from(random.bytes(32)).toString('hex'), { mode: 0o600, flush: true })
    renameSync(unfinished, file)
  }
  return new Secret(readFileSync(file, 'utf8'))
}
