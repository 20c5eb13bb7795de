import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answering } from '../process.mjs'
import { freePort } from '../stage.mjs'
import { startMounted } from './mounted.mjs'
import { rootOf } from './peers.mjs'

/**
 * Debian's Dovecot, of which only LMTP is at work, on one loopback address.
 *
 * @param options.mailboxes name of the mailbox to the octets it may hold; nobody else has one
 */
export async function startDovecot(stage, { address = '127.0.0.1', domain, tls, mailboxes }) {
  const port = await freePort(address)
  const root = rootOf('dovecot')
  const directory = join(stage.directory, 'dovecot')
  const [base, state, mail] = ['base', 'state', 'mail'].map((folder) => {
    mkdirSync(join(directory, folder), { recursive: true })
    return join(directory, folder)
  })
  for (const folder of [stage.directory, directory, base]) chmodSync(folder, 0o755)
  spawnSync('chown', ['mail', mail], { stdio: 'inherit' })
  const users = join(directory, 'users')
  const entries = Object.entries(mailboxes).map(
    ([name, octets]) => `${name}@${domain}::::::: userdb_quota_rule=*:bytes=${octets}\n`,
  )
  writeFileSync(users, entries.join(''))
  const file = join(directory, 'dovecot.conf')
  writeFileSync(
    file,
    `base_dir = ${base}
state_dir = ${state}
log_path = /dev/stderr
protocols = lmtp
hostname = dovecot.test
ssl = yes
ssl_cert = <${tls.certificate}
ssl_key = <${tls.key}
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_home = ${mail}/%n
mail_location = maildir:~
mail_plugins = quota
plugin {
  quota = count:User quota
  quota_vsizes = yes
}
passdb {
  driver = passwd-file
  args = ${users}
}
userdb {
  driver = passwd-file
  args = ${users}
}
service lmtp {
  inet_listener lmtp {
    address = ${address}
    port = ${port}
  }
}
`,
  )
  const libraries = join(root, 'usr/lib/dovecot')
  const program = join(root, 'usr/sbin/dovecot')
  // It would ask /usr/bin/doveconf for its settings, were it not handed them.
  const dovecot = startMounted(
    [[libraries, '/usr/lib/dovecot']],
    join(root, 'usr/bin/doveconf'),
    ['-f', 'service=master', '-c', file, '-m', 'master', '-e', program, '-F', '-c', file],
    { log: join(directory, 'log') },
  )
  stage.atEnd(() => dovecot.stop())
  await answering(dovecot, port, address)
  return { address, port, directory, maildir: (name) => join(mail, name), log: join(directory, 'log') }
}
