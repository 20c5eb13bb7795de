import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answering } from '../process.mjs'
import { freePort } from '../stage.mjs'
import { startMounted } from './mounted.mjs'
import { rootOf } from './peers.mjs'

/** Debian's OpenSMTPD on one loopback address. Mail for its domain ends in one Maildir, but it refuses some recipients. */
export async function startOpenSmtpd(stage, { address = '127.0.0.1', domain, tls, refused = [] }) {
  const port = await freePort(address)
  const root = rootOf('opensmtpd')
  const directory = join(stage.directory, 'opensmtpd')
  const [spool, empty, run, mail] = ['spool', 'empty', 'run', 'mail'].map((folder) => {
    mkdirSync(join(directory, folder), { recursive: true })
    return join(directory, folder)
  })
  for (const folder of [stage.directory, directory]) chmodSync(folder, 0o755)
  chmodSync(spool, 0o711)
  spawnSync('chown', ['mail', mail], { stdio: 'inherit' })
  // It refuses a key that others can read.
  const key = join(directory, 'key.pem')
  copyFileSync(tls.key, key)
  chmodSync(key, 0o600)
  const file = join(directory, 'smtpd.conf')
  const listed = (names) => names.map((name) => `"${name}"`).join(', ')
  writeFileSync(
    file,
    `pki peer cert "${tls.certificate}"
pki peer key "${key}"
table refused { ${listed(refused)} }
table everybody { "@" = "mail" }
smtp max-message-size 50M
listen on ${address} port ${port} hostname opensmtpd.test tls pki peer
action "here" maildir "${mail}/all" virtual <everybody>
match from any for rcpt-to <refused> reject
match from any for domain "${domain}" action "here"
`,
    { mode: 0o600 },
  )
  const opensmtpd = startMounted(
    [
      [spool, '/var/spool/smtpd'],
      [empty, '/var/lib/opensmtpd/empty'],
      [run, '/var/run'],
      [join(root, 'usr/libexec/opensmtpd'), '/usr/libexec/opensmtpd'],
    ],
    join(root, 'usr/sbin/smtpd'),
    ['-d', '-f', file],
    { log: join(directory, 'log') },
  )
  stage.atEnd(() => opensmtpd.stop())
  await answering(opensmtpd, port, address)
  return { address, port, directory, maildir: join(mail, 'all'), log: join(directory, 'log') }
}
