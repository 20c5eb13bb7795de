import { join } from 'node:path'
import { createCertificates } from '../certificates.mjs'
import { addedTo, messagesIn, withLf } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { startDovecot } from '../peers/dovecot.mjs'
import { startExim } from '../peers/exim.mjs'
import { mountNamespaces } from '../peers/mounted.mjs'
import { startOpenSmtpd } from '../peers/opensmtpd.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { startUnbound } from '../peers/unbound.mjs'
import { session, transact } from '../smtp.mjs'
import { holds, same, until } from '../stage.mjs'

export const title =
  'to Postfix, Exim, OpenSMTPD and, by LMTP, Dovecot: every octet over TLS; only who is refused bounces'
export const needs = [realPeers, mountNamespaces]

const line = (text) => `${text}\r\n`
// Some servers add what a header lacks.
const header = (subject) =>
  Buffer.from(
    ['From: <alice@local.test>', `Subject: ${subject}`, 'Date: Tue, 01 Sep 2026 10:00:00 +0000']
      .concat('Message-ID: <1@local.test>', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=x-unknown', '')
      .map(line)
      .join(''),
  )
const message = (subject, body) => Buffer.concat([header(subject), Buffer.from(body)])

const contents = {
  'a plain message': message('plain', line('Hello.')),
  'dots at line starts': message('dots', ['.', '..', '.leading', 'between', '. ', '...', '.'].map(line).join('')),
  'octets above 127': message('8bit', Buffer.from([...Array.from({ length: 128 }, (_, at) => 128 + at), 13, 10])),
  'no line end at the end': message('open', 'Hello'),
  'lines of 998 octets': message('long', line('0123456789'.repeat(100).slice(2)).repeat(3)),
  '1 MiB': message('1 MiB', line('0123456789abcdef'.repeat(4).slice(2)).repeat(2 ** 14)),
}

export async function run(stage) {
  const certificates = createCertificates(join(stage.directory, 'certificates'))
  const tls = (peer) => certificates.of(`mx.${peer}.test`)
  const refusal = 'check_recipient_access inline:{{gone@postfix.test = 550 5.1.1 no such person here}}'
  const postfix = await startPostfix(stage, {
    domains: ['postfix.test'],
    tls: tls('postfix'),
    settings: [
      `smtpd_recipient_restrictions = ${refusal}, permit_mynetworks, reject`,
      'smtpd_tls_received_header = yes',
    ],
  })
  const exim = await startExim(stage, {
    domains: ['exim.test'],
    tls: tls('exim'),
    refused: ['gone@exim.test'],
    // So that one of them has DATA over TLS, whatever ours would choose.
    settings: ['chunking_advertise_hosts ='],
  })
  const opensmtpd = await startOpenSmtpd(stage, {
    domain: 'opensmtpd.test',
    tls: tls('opensmtpd'),
    refused: ['gone@opensmtpd.test'],
  })
  const dovecot = await startDovecot(stage, {
    domain: 'dovecot.test',
    tls: tls('dovecot'),
    mailboxes: { fine: '50M', well: '50M', full: '1' },
  })
  const opensmtpdTls = await securable(opensmtpd.port)
  if (!opensmtpdTls)
    stage.say(
      'this OpenSMTPD offers STARTTLS but cannot do it (OpenSMTPD issue 1171, as in Debian 12): no TLS is wanted',
    )
  const peers = [
    { name: 'postfix', port: postfix.port, stored: () => messagesIn(postfix.maildir) },
    { name: 'exim', port: exim.port, stored: () => messagesIn(exim.maildir) },
    { name: 'opensmtpd', port: opensmtpd.port, stored: () => messagesIn(opensmtpd.maildir), tls: opensmtpdTls },
    {
      name: 'dovecot',
      port: dovecot.port,
      protocol: 'lmtp',
      stored: () => ['fine', 'well', 'full'].flatMap((box) => messagesIn(dovecot.maildir(box))),
    },
  ]
  const { server } = await startUnbound(
    stage,
    peers.map(({ name }) => `mx.${name}.test. A 127.0.0.1`),
  )
  const mail = join(stage.directory, 'mail')
  const route = ({ name, port, protocol = 'smtp', tls = true }) => [
    `${name}.test`,
    { host: `mx.${name}.test`, port, protocol, tls: tls ? 'verify' : 'opportunistic' },
  ]
  const mta = await startMta(stage, {
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    routes: Object.fromEntries(peers.map(route)),
    dns: { servers: [server] },
    tls: { ca: certificates.authority },
    retry: { first: '2s', max: '2s', lifetime: '1d', warnAfter: '12h' },
  })
  const submit = async (from, to, octets) => {
    const talker = await session(mta.port)
    const parameters = octets.some((octet) => octet > 127) ? ' BODY=8BITMIME' : ''
    const reply = await transact(talker, { from, to, octets, parameters })
    holds(reply.startsWith('250'), reply)
    await talker.ask('QUIT', '221')
  }

  for (const { name, stored, protocol, tls = true } of peers) {
    const to = `fine@${name}.test`
    // LMTP is spoken with who keeps the mail.
    const done = protocol === 'lmtp' ? 'delivered' : 'relayed'
    for (const [what, octets] of Object.entries(contents))
      await stage.check(`${name}: ${what}`, async () => {
        const before = stored()
        await submit('alice@local.test', [to], octets)
        const found = await until(`a message at ${name}`, () => {
          const now = stored()
          return now.length > before.length ? now : undefined
        })
        const fresh = found.filter((one) => !before.some((old) => old.equals(one)))
        same(fresh.length, 1, 'messages')
        const ended = octets.at(-1) === 0x0a ? octets : Buffer.concat([octets, Buffer.from('\r\n')])
        holds(addedTo(withLf(fresh[0]), withLf(ended)) !== undefined, `altered:\n${fresh[0].subarray(0, 2000)}`)
      })
    await stage.check(`${name}: ${tls ? 'over verified TLS' : 'in the clear, as its TLS fails'}, each of them`, () => {
      const events = mta.events().filter(({ recipient }) => recipient === to)
      same([...new Set(events.map(({ msg }) => msg))], [done], 'what became of them')
      for (const event of events) holds((event.tls !== undefined) === tls, JSON.stringify(event))
    })
    await stage.check(`${name}: a null reverse-path`, async () => {
      const octets = message('from nobody', line('Hello.'))
      await submit('', [to], octets)
      const trace = await until(`a message from <> at ${name}`, () =>
        stored()
          .map((one) => addedTo(withLf(one), withLf(octets)))
          .find((one) => one !== undefined),
      )
      // OpenSMTPD writes none for it.
      holds(!/^Return-Path: <.+>/im.test(trace), trace)
    })
    await stage.check(
      `${name}: of several recipients one is refused${protocol ? ', one is over its quota' : ''}; the others get it`,
      async () => {
        const sender = `${name}-sender`
        const names = protocol === 'lmtp' ? ['fine', 'gone', 'full', 'well'] : ['fine', 'gone', 'well']
        const octets = message(`several for ${name}`, line('Hello all.'))
        const before = mta.position()
        await submit(
          `${sender}@local.test`,
          names.map((one) => `${one}@${name}.test`),
          octets,
        )
        await mta.drained()
        const outcomes = mta.events(before).filter(({ recipient }) => recipient?.endsWith(`@${name}.test`))
        same(
          Object.fromEntries(
            names.map((one) => [one, outcomes.find(({ recipient }) => recipient === `${one}@${name}.test`).msg]),
          ),
          Object.fromEntries(names.map((one) => [one, one === 'gone' || one === 'full' ? 'failed' : done])),
          'outcomes',
        )
        same(outcomes.length, names.length, 'attempts')
        await until(`both the others at ${name}`, () => {
          const copies = stored().filter((one) => addedTo(withLf(one), withLf(octets)) !== undefined)
          return copies.length >= 2
        })
        const bounces = messagesIn(join(mail, sender)).map((one) => one.toString('latin1').replaceAll('\r', ''))
        const reported = bounces.flatMap((one) => [...one.matchAll(/^Final-Recipient: rfc822; ?(.*)$/gim)])
        same(
          reported.map(([, address]) => address).sort(),
          outcomes
            .filter(({ msg }) => msg === 'failed')
            .map(({ recipient }) => recipient)
            .sort(),
          'recipients reported',
        )
        if (protocol === 'lmtp')
          holds(
            bounces.some((one) => /^Status: 5\.2\.2$/im.test(one)),
            `the quota is told:\n${bounces.join('\n')}`,
          )
      },
    )
  }
}

/** Whether a server that offers STARTTLS can also do it. */
async function securable(port) {
  try {
    const talker = await session(port, { tls: true })
    await talker.ask('QUIT', '221')
    return true
  } catch {
    return false
  }
}
