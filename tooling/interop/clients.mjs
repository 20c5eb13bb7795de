// Mail clients that people use, each told to send one message. All of them connect to 127.0.0.1.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { withLf } from './maildir.mjs'
import { rootOf } from './peers/peers.mjs'

const minute = 60_000

/** Runs a program to its end. */
function run(program, args, options) {
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: minute, maxBuffer: 2 ** 26, ...options })
  if (result.error) throw result.error
  return { sent: result.status === 0, output: `${result.stdout}${result.stderr}` }
}

/**
 * Each client sends `{ port, from, to, file }`, where `from` may be empty, `to` is a list and `file` has the content with
 * CRLF line ends. `authority` means STARTTLS, verified by it, or nothing at all; with `implicitTls` TLS is there from the
 * first octet on. `login` is `{ user, password, mechanism }`. It answers `{ sent, output }`.
 *
 * - `mechanisms` of a client: how it can log in.
 * - `eightBit` in a task: the client says BODY=8BITMIME, where it can.
 * - `utf8` of a client: it says SMTPUTF8 where the envelope needs it.
 * - `dsn` of a client: it takes `dsn: { notify, ret, envid, orcpt }` in a task and uses those named here.
 * - `partial` is false where it gives up the whole message when one recipient is refused.
 */
export const clients = [
  {
    name: 'swaks',
    mechanisms: ['PLAIN', 'LOGIN'],
    send: ({ port, from, to, file, authority, implicitTls, login }) =>
      run(
        'swaks',
        [
          ...['--server', '127.0.0.1', '--port', String(port), '--helo', 'swaks.test'],
          ...['--from', from === '' ? '<>' : from, '--to', to.join(','), '--data', '-'],
          ...(authority === undefined
            ? []
            : [implicitTls ? '--tls-on-connect' : '--tls', '--tls-verify', '--tls-ca-path', authority]),
          ...(login === undefined
            ? []
            : ['--auth', login.mechanism, '--auth-user', login.user, '--auth-password', login.password]),
        ],
        // It ends the content with a line end of its own.
        { input: readFileSync(file).subarray(0, -2) },
      ),
  },
  {
    name: 'curl',
    utf8: true,
    mechanisms: ['PLAIN', 'LOGIN'],
    send: ({ port, from, to, file, authority, implicitTls, login }) =>
      run('curl', [
        ...['--silent', '--show-error', '--verbose', '--max-time', '60'],
        `${implicitTls ? 'smtps' : 'smtp'}://127.0.0.1:${port}/curl.test`,
        ...['--mail-from', from, ...to.flatMap((one) => ['--mail-rcpt', one]), '--mail-rcpt-allowfails'],
        ...['--upload-file', file, ...(authority === undefined ? [] : ['--ssl-reqd', '--cacert', authority])],
        ...(login === undefined
          ? []
          : ['--user', `${login.user}:${login.password}`, '--login-options', `AUTH=${login.mechanism}`]),
      ]),
  },
  {
    name: 'msmtp',
    dsn: ['notify', 'ret'],
    partial: false,
    mechanisms: ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
    send: ({ port, from, to, file, authority, implicitTls, login, dsn }) =>
      run(
        'msmtp',
        [
          ...['--host=127.0.0.1', `--port=${port}`, '--domain=msmtp.test', `--from=${from}`, '--timeout=60', '--debug'],
          ...['--set-date-header=off', '--set-from-header=off', '--set-msgid-header=off'],
          ...(authority === undefined
            ? []
            : ['--tls=on', `--tls-starttls=${implicitTls ? 'off' : 'on'}`, `--tls-trust-file=${authority}`]),
          ...(login === undefined
            ? []
            : [
                ...[`--auth=${login.mechanism.toLowerCase()}`, `--user=${login.user}`],
                `--passwordeval=echo '${login.password}'`,
              ]),
          ...(dsn === undefined
            ? []
            : [`--dsn-notify=${dsn.notify.toLowerCase()}`, `--dsn-return=${dsn.ret.toLowerCase()}`]),
          ...['--', ...to],
        ],
        // As any program on Unix it reads lines that end with LF.
        { input: withLf(readFileSync(file)) },
      ),
  },
  {
    name: 'smtplib',
    utf8: true,
    mechanisms: ['PLAIN', 'LOGIN'],
    dsn: ['notify', 'ret', 'envid', 'orcpt'],
    send: ({ eightBit, utf8, dsn, ...task }) => {
      const mail = [
        ...(eightBit || utf8 ? ['BODY=8BITMIME'] : []),
        ...(utf8 ? ['SMTPUTF8'] : []),
        ...(dsn === undefined ? [] : [`RET=${dsn.ret}`, `ENVID=${dsn.envid}`]),
      ]
      // The caller writes xtext itself.
      const orcpt = dsn?.orcpt.replaceAll('+', '+2B')
      const rcpt = dsn === undefined ? [] : [`NOTIFY=${dsn.notify}`, `ORCPT=rfc822;${orcpt}`]
      const script = join(import.meta.dirname, 'clients/send.py')
      const { sent, output } = run('python3', [script, JSON.stringify({ ...task, mail, rcpt })])
      return sent ? JSON.parse(output) : { sent, output }
    },
  },
  {
    name: 'nodemailer',
    utf8: true,
    mechanisms: ['PLAIN', 'LOGIN'],
    dsn: ['notify', 'ret', 'envid', 'orcpt'],
    async send({ port, from, to, file, authority, implicitTls = false, login, eightBit, dsn }) {
      const { createTransport } = createRequire(join(rootOf('npm'), 'package.json'))('nodemailer')
      const transport = createTransport({
        host: '127.0.0.1',
        port,
        name: 'nodemailer.test',
        ...(authority === undefined
          ? { ignoreTLS: true }
          : {
              secure: implicitTls,
              requireTLS: !implicitTls,
              tls: { ca: readFileSync(authority), rejectUnauthorized: true },
            }),
        ...(login && { auth: { user: login.user, pass: login.password }, authMethod: login.mechanism }),
      })
      try {
        const answer = await transport.sendMail({
          envelope: { from, to, use8BitMime: eightBit === true },
          raw: readFileSync(file),
          ...(dsn && { dsn: { id: dsn.envid, return: dsn.ret, notify: dsn.notify.split(','), recipient: dsn.orcpt } }),
        })
        return { sent: true, output: JSON.stringify(answer) }
      } catch (error) {
        return { sent: false, output: String(error) }
      } finally {
        transport.close()
      }
    },
  },
]
