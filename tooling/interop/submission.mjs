import { join } from 'node:path'
import { prepareServer } from './server.mjs'
import { freePort } from './stage.mjs'

const program = join(import.meta.dirname, '../../apps/submission/dist/main.js')

/**
 * The built submission server as a process of its own, on `stage`'s folder: `port` begins in clear, `tlsPort` with TLS.
 *
 * @param config what differs from a server for `local.test`
 * @param users name to password
 */
export async function startSubmission(stage, config, users, { name = 'submission' } = {}) {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const whole = {
    domains: ['local.test'],
    users: join(stage.directory, name, 'users'),
    listeners: [
      { address: '127.0.0.1', port },
      { address: '127.0.0.1', port: tlsPort, tls: 'implicit' },
    ],
    ...config,
  }
  const server = await prepareServer(stage, program, whole, { name })
  for (const [user, password] of Object.entries(users)) server.commandOn(`${password}\n`, 'user', 'add', user)
  await server.start()
  return Object.assign(server, { tlsPort })
}
