import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answering, start } from '../process.mjs'
import { freePort } from '../stage.mjs'
import { rootOf } from './peers.mjs'

/**
 * Debian's Postfix on one loopback address, told not to edit what passes. Mail for its domains ends in one Maildir; all
 * other goes to `relayTo`, if anywhere.
 *
 * @param options.settings further lines of main.cf
 * @param options.files further files beside it, by name
 */
export async function startPostfix(stage, options = {}) {
  const { name = 'postfix', address = '127.0.0.1', domains = [], relayTo, settings = [], files = {}, tls } = options
  const port = options.port ?? (await freePort(address))
  const root = rootOf('postfix')
  const libraries = join(root, 'usr/lib/postfix')
  const directory = join(stage.directory, name)
  const [etc, spool, data, mail] = ['etc', 'spool', 'data', 'mail'].map((folder) => {
    mkdirSync(join(directory, folder), { recursive: true })
    return join(directory, folder)
  })
  // The daemons run as another user.
  for (const folder of [stage.directory, directory]) chmodSync(folder, 0o755)
  shell(`
    cd '${spool}'
    mkdir active bounce corrupt defer deferred flush hold incoming private maildrop public pid saved trace
    chown postfix:postfix active bounce corrupt defer deferred flush hold incoming private saved trace '${data}' '${mail}'
    chown postfix:postdrop maildrop public; chmod 1730 maildrop; chmod 2710 public; chmod 755 . pid`)
  const user = shell('id -u postfix').trim()
  const group = shell('id -g postfix').trim()
  writeFileSync(
    join(etc, 'main.cf'),
    `compatibility_level = 3.6
config_directory = ${etc}
queue_directory = ${spool}
data_directory = ${data}
daemon_directory = ${libraries}/sbin
command_directory = ${root}/usr/sbin
shlib_directory = ${libraries}
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH=${libraries}
maillog_file = ${directory}/maillog
maillog_file_prefixes = ${directory}
mail_owner = postfix
setgid_group = postdrop
myhostname = ${name}.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
smtp_bind_address = ${address}
inet_protocols = ipv4
alias_maps =
message_drop_headers =
local_header_rewrite_clients =
local_recipient_maps =
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_tls_security_level = ${tls === undefined ? 'none' : 'may'}
message_size_limit = 50000000
header_size_limit = 10000000
virtual_mailbox_limit = 0
mailbox_size_limit = 0
virtual_mailbox_domains = ${domains.join(' ')}
virtual_mailbox_base = ${mail}
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:${user}
virtual_gid_maps = static:${group}
virtual_minimum_uid = 1
${relayTo === undefined ? 'default_transport = error: nowhere to go' : `relayhost = [127.0.0.1]:${relayTo}`}
${tls === undefined ? '' : `smtpd_tls_security_level = may\nsmtpd_tls_cert_file = ${tls.certificate}\nsmtpd_tls_key_file = ${tls.key}`}
${settings.join('\n')}
`,
  )
  const services = `${address}:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
  writeFileSync(join(etc, 'master.cf'), services)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(etc, file), text)
  const env = { ...process.env, MAIL_CONFIG: etc, LD_LIBRARY_PATH: libraries }
  const master = start(join(libraries, 'sbin/master'), ['-c', etc, '-d'], { log: join(directory, 'log'), env })
  stage.atEnd(() => master.stop())
  await answering(master, port, address)
  return {
    address,
    port,
    maildir: join(mail, 'all'),
    directory,
    log: join(directory, 'maillog'),
    /** Puts a file of main.cf's folder in place of what it was; `texthash` maps are read anew after `reload`. */
    write: (file, text) => writeFileSync(join(etc, file), text),
    reload: () => master.kill('SIGHUP'),
    etc,
  }
}

function shell(script) {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}
