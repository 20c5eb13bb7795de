import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../process.mjs'
import { freePort } from '../stage.mjs'
import { rootOf } from './peers.mjs'

/**
 * A real resolver that knows only these records and asks nobody else.
 * @param records lines in zone file form, such as `remote.test. MX 10 mx.remote.test.`
 */
export async function startUnbound(stage, records) {
  const directory = join(stage.directory, 'unbound')
  mkdirSync(directory)
  const port = await freePort()
  const file = join(directory, 'unbound.conf')
  const data = records.map((record) => `  local-data: "${record}"`).join('\n')
  writeFileSync(
    file,
    `server:
  interface: 127.0.0.1
  port: ${port}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "${directory}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  module-config: "iterator"
  num-threads: 1
  local-zone: "." static
  local-zone: "test." static
${data}
remote-control:
  control-enable: no
`,
  )
  const unbound = start(join(rootOf('unbound'), 'usr/sbin/unbound'), ['-d', '-p', '-c', file], {
    log: join(directory, 'log'),
  })
  stage.atEnd(() => unbound.stop())
  await new Promise((wake) => setTimeout(wake, 300))
  if (!unbound.running) throw new Error(`unbound ended; see ${join(directory, 'log')}`)
  return { server: `127.0.0.1:${port}` }
}
