// The load of the benches: smtp-source of Debian's Postfix.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { realPeers, rootOf } from '../interop/peers/peers.mjs'

const missing = realPeers()
if (missing !== undefined) {
  console.error(`nothing to measure with: ${missing}`)
  process.exit(2)
}

/** A program of Postfix, and what it runs in. */
export const program = (name) => join(rootOf('postfix'), 'usr/sbin', name)
export const env = { ...process.env, LD_LIBRARY_PATH: join(rootOf('postfix'), 'usr/lib/postfix') }

/** Milliseconds that it needs for so many messages, many on a connection unless `one`. Only a clean end counts. */
export function load(port, { sessions, octets, messages, one = false }) {
  const began = performance.now()
  const args = ['-s', sessions, '-m', messages, '-l', octets, ...(one ? [] : ['-d'])].map(String)
  const ends = ['-f', 'a@sender.test', '-t', 'b@remote.test', `127.0.0.1:${port}`]
  const { status, stderr } = spawnSync(program('smtp-source'), [...args, ...ends], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`smtp-source ended with ${status}: ${stderr}`)
  return performance.now() - began
}
