import { join } from 'node:path'
import { messagesIn } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { session, transact } from '../smtp.mjs'
import { holds, same, until } from '../stage.mjs'

export const title =
  'Postfix refuses one recipient of three for good and one for now: one bounce, one retry, one delivery'
export const needs = [realPeers]

export async function run(stage) {
  const access = join(stage.directory, 'postfix/etc/access')
  const postfix = await startPostfix(stage, {
    domains: ['remote.test'],
    // A daemon that has read the map keeps it: each serves one connection here, and ours is idle too long to be kept.
    settings: [
      'max_use = 1',
      `smtpd_recipient_restrictions = check_recipient_access texthash:${access}, permit_mynetworks, reject`,
    ],
    files: { access: 'gone@remote.test 550 5.1.1 no such person here\nlater@remote.test 450 4.2.1 come back later\n' },
  })
  const mail = join(stage.directory, 'mail')
  const mta = await startMta(stage, {
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    routes: { 'remote.test': { host: postfix.address, port: postfix.port, tls: 'none' } },
    retry: { first: '9s', max: '9s', factor: 1, lifetime: '1d', warnAfter: '12h' },
  })
  const names = ['gone', 'later', 'fine']
  const talker = await session(mta.port)
  const octets = Buffer.from('From: <alice@local.test>\r\nSubject: to three\r\n\r\nHello all three.\r\n')
  const reply = await transact(talker, {
    from: 'alice@local.test',
    to: names.map((name) => `${name}@remote.test`),
    octets,
  })
  talker.close()
  holds(reply.startsWith('250'), reply)

  const outcomes = (name) =>
    mta
      .events()
      .filter(({ recipient }) => recipient === `${name}@remote.test`)
      .map(({ msg }) => msg)
  await until('the first attempt is over', () => names.every((name) => outcomes(name).length > 0))
  // The one refused for now is welcome from here on.
  postfix.write('access', 'gone@remote.test 550 5.1.1 no such person here\n')
  postfix.reload()
  await mta.drained(60)

  await stage.check('one attempt, one retry, no more', () => {
    same(outcomes('gone'), ['failed'], 'gone')
    same(outcomes('fine'), ['relayed'], 'fine')
    same(outcomes('later'), ['deferred', 'relayed'], 'later')
  })
  await stage.check('Postfix has one message for each of the two', async () => {
    const stored = messagesIn(postfix.maildir).map((message) => message.toString('latin1'))
    const to = stored.map((message) => /^X-Original-To: (.*)$/m.exec(message)?.[1]).sort()
    same(to, ['fine@remote.test', 'later@remote.test'], 'recipients')
  })
  await stage.check('one bounce, to the sender, that names exactly the first', async () => {
    const bounces = messagesIn(join(mail, 'alice')).map((message) => message.toString('latin1').replaceAll('\r', ''))
    same(bounces.length, 1, 'bounces')
    const [bounce] = bounces
    holds(/^Return-Path: <>$/m.test(bounce), 'its reverse-path is null')
    holds(/^Content-Type: multipart\/report;/m.test(bounce), 'it is a report')
    const finals = [...bounce.matchAll(/^Final-Recipient: rfc822; ?(.*)$/gim)].map(([, address]) => address)
    same(finals, ['gone@remote.test'], 'recipients reported')
    holds(/^Action: failed$/im.test(bounce) && /^Status: 5\.1\.1$/im.test(bounce), 'action and status')
    holds(/^Diagnostic-Code: smtp; ?550/im.test(bounce), 'what Postfix said')
    holds(!bounce.includes('later@remote.test'), 'the one refused for now is not named')
    holds(bounce.includes('Subject: to three'), 'the message comes back')
  })
}
