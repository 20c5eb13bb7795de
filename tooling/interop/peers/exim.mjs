import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answering, start } from '../process.mjs'
import { freePort } from '../stage.mjs'
import { rootOf } from './peers.mjs'

/**
 * Debian's Exim on one loopback address, told not to edit what passes. Mail for its domains ends in one Maildir, but it
 * refuses some recipients; all other goes to `relayTo`.
 *
 * @param options.settings further lines of the main section
 */
export async function startExim(stage, options = {}) {
  const { name = 'exim', address = '127.0.0.1', domains = [], refused = [], relayTo, settings = [], tls } = options
  const port = options.port ?? (await freePort(address))
  const program = join(rootOf('exim4'), 'usr/sbin/exim4')
  const directory = join(stage.directory, name)
  for (const folder of ['spool', 'logs', 'mail']) mkdirSync(join(directory, folder), { recursive: true })
  for (const folder of [stage.directory, directory]) chmodSync(folder, 0o755)
  for (const folder of ['spool', 'logs', 'mail'])
    spawnSync('chown', ['Debian-exim', join(directory, folder)], { stdio: 'inherit' })
  const file = join(directory, 'exim.conf')
  const local = domains.length > 0 ? domains.join(' : ') : '!*'
  writeFileSync(
    file,
    `exim_user = Debian-exim
exim_group = Debian-exim
exim_path = ${program}
spool_directory = ${directory}/spool
log_file_path = ${directory}/logs/%slog
pid_file_path = ${directory}/exim.pid
primary_hostname = ${name}.test
local_interfaces = ${address}
daemon_smtp_ports = ${port}
host_lookup =
rfc1413_query_timeout = 0s
${tls === undefined ? 'tls_advertise_hosts =' : `tls_advertise_hosts = *\ntls_certificate = ${tls.certificate}\ntls_privatekey = ${tls.key}`}
message_size_limit = 50M
smtp_accept_max = 400
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
smtp_enforce_sync = false
deliver_drop_privilege = true
return_path_remove = false
delivery_date_remove = false
envelope_to_remove = false
never_users =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_all
${settings.join('\n')}
begin acl
acl_rcpt:
  deny
    recipients = ${refused.join(' : ')}
    message = 5.1.1 no such person here
  accept
acl_all:
  accept
begin routers
here:
  driver = accept
  domains = ${local}
  transport = maildir
out:
  driver = manualroute
  transport = out_smtp
  route_list = * 127.0.0.1
  self = send
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = ${directory}/mail/all
  create_directory
  delivery_date_add = false
  envelope_to_add = true
  return_path_add = true
  user = Debian-exim
  group = Debian-exim
out_smtp:
  driver = smtp
  port = ${relayTo ?? 9}
  allow_localhost
  interface = ${address}
  hosts_try_dane =
begin retry
* * F,2h,2s
`,
  )
  const exim = start(program, ['-C', file, '-bdf', '-q2s'], { log: join(directory, 'log') })
  stage.atEnd(() => exim.stop())
  await answering(exim, port, address)
  return { address, port, directory, maildir: join(directory, 'mail/all'), log: join(directory, 'logs/mainlog') }
}
