import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCertificates } from '../certificates.mjs'
import { corpus, readCorpus } from '../corpus.mjs'
import { addedTo, messagesIn, withLf, withoutReturnPath } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { startExim } from '../peers/exim.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { session, transact } from '../smtp.mjs'
import { freePort, holds, same, until } from '../stage.mjs'

export const title = 'from Postfix, Exim, swaks and curl into a Maildir; TLS where it is offered, both ways'
export const needs = [realPeers, corpus]

export async function run(stage) {
  const certificates = createCertificates(join(stage.directory, 'certificates'))
  const mail = join(stage.directory, 'mail')
  const { certificate, key } = certificates.of('mx.local.test')
  const [port, back] = [await freePort(), await freePort()]
  const peerTls = certificates.of('peer.test')
  const settings = ['smtpd_tls_loglevel = 1', 'smtp_tls_loglevel = 1', 'smtpd_tls_received_header = yes']
  const postfix = await startPostfix(stage, {
    relayTo: port,
    domains: ['postfix.test'],
    tls: peerTls,
    settings,
    port: back,
  })
  const exim = await startExim(stage, { relayTo: port, domains: ['exim.test'], tls: peerTls })
  const mta = await startMta(stage, {
    listeners: [{ address: '127.0.0.1', port }],
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    tls: { certificate, key },
    routes: {
      'postfix.test': { host: '127.0.0.1', port: postfix.port, tls: 'opportunistic' },
      'exim.test': { host: '127.0.0.1', port: exim.port, tls: 'opportunistic' },
    },
  })

  // A sample of every size: the whole corpus goes the other way, in its own scenario.
  const sample = readCorpus().filter((_, at) => at % 8 === 0)
  for (const [name, peer] of [
    ['postfix', postfix],
    ['exim', exim],
  ]) {
    await stage.check(`${sample.length} messages from ${name}, over TLS, octet for octet`, async () => {
      const talker = await session(peer.port)
      for (const [number, { octets }] of sample.entries()) {
        const parameters = octets.some((octet) => octet > 127) ? ' BODY=8BITMIME' : ''
        const reply = await transact(talker, {
          from: `s${number}@sender.test`,
          to: [`${name}@local.test`],
          octets,
          parameters,
        })
        holds(reply.startsWith('250'), reply)
      }
      talker.close()
      const stored = () => messagesIn(join(mail, name))
      await until('all are stored', () => stored().length >= sample.length, 120)
      same(stored().length, sample.length, 'messages')
      for (const octets of stored()) {
        const number = Number(/^Return-Path: <s(\d+)@/m.exec(octets.subarray(0, 2048).toString('latin1'))?.[1])
        const added = addedTo(withLf(octets), withLf(withoutReturnPath(sample[number].octets)))
        holds(added !== undefined, `${sample[number].name} was altered`)
        holds(
          /^Received: from [\s\S]*?by mx\.local\.test[\s\S]*?with ESMTPS /m.test(added),
          `not received over TLS:\n${added}`,
        )
      }
    })
    await stage.check(`to ${name} over TLS`, async () => {
      const talker = await session(mta.port, { tls: true })
      const octets = Buffer.from('Subject: there\r\n\r\nover TLS\r\n')
      const reply = await transact(talker, { from: 'sender@sender.test', to: [`you@${name}.test`], octets })
      holds(reply.startsWith('250'), reply)
      talker.close()
      const [stored] = await until(`a message at ${name}`, () => {
        const found = messagesIn(peer.maildir)
        return found.length > 0 ? found : undefined
      })
      holds(
        /TLS/.test(/^Received: from[\s\S]*?(?=^\S)/m.exec(stored.toString('latin1'))?.[0] ?? ''),
        `no TLS in the peer's trace field:\n${stored.subarray(0, 900)}`,
      )
      const event = mta.events().find(({ msg, recipient }) => msg === 'relayed' && recipient === `you@${name}.test`)
      holds(
        event?.tls?.startsWith?.('TLSv1') || event?.tls?.protocol?.startsWith('TLSv1'),
        `no TLS in the log: ${JSON.stringify(event)}`,
      )
    })
  }

  const tools = {
    swaks: [
      'swaks',
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      '--from',
      'sw@sender.test',
      '--to',
      'swaks@local.test',
      '--tls',
      '--helo',
      'swaks.test',
      '--body',
      'from swaks',
    ],
    curl: [
      'curl',
      '--silent',
      '--show-error',
      `smtp://127.0.0.1:${port}`,
      '--ssl-reqd',
      '--insecure',
      '--mail-from',
      'c@sender.test',
      '--mail-rcpt',
      'curl@local.test',
      '--upload-file',
      join(stage.directory, 'curl.eml'),
    ],
  }
  writeFileSync(join(stage.directory, 'curl.eml'), 'Subject: from curl\r\n\r\nfrom curl\r\n')
  for (const [name, [program, ...args]] of Object.entries(tools)) {
    if (spawnSync(program, ['--version']).error !== undefined) {
      stage.skip(name, `${program} is not here`)
      continue
    }
    await stage.check(`${name} over TLS`, async () => {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
      same(status, 0, `exit of ${name} (${stderr}${stdout})`)
      const [stored] = await until('it is stored', () => {
        const found = messagesIn(join(mail, name))
        return found.length > 0 ? found : undefined
      })
      holds(stored.toString('latin1').includes(`from ${name}`), 'its content')
    })
  }
}
