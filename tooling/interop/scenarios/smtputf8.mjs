import { join } from 'node:path'
import { addedTo, messagesIn, withLf } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { startSink } from '../sink.mjs'
import { offerOf, offers, session, transact } from '../smtp.mjs'
import { freePort, holds, same, until } from '../stage.mjs'
import { parametersOf, startTap } from '../tap.mjs'

export const title = 'SMTPUTF8 with Postfix, both ways; what the next hop cannot take comes back'
export const needs = [realPeers]

const greek = 'δοκιμή'
const cyrillic = 'почта'
const content = (subject, body) => Buffer.from(`From: <${greek}@local.test>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`)
const international = content(`${greek} 邮件 ✉`, `καλημέρα, ${cyrillic}`)
const plain = Buffer.from('From: <sender@local.test>\r\nSubject: hello\r\n\r\nAll of it is ASCII.\r\n')

export async function run(stage) {
  const port = await freePort()
  const mail = join(stage.directory, 'mail')
  const toOurs = await startTap(stage, port)
  const postfix = await startPostfix(stage, {
    relayTo: toOurs.port,
    domains: ['postfix.test'],
    settings: ['smtputf8_enable = yes'],
  })
  const toPostfix = await startTap(stage, postfix.port)
  const [able, unable] = [await startSink(stage, { offer: ['SMTPUTF8'] }), await startSink(stage)]
  const mta = await startMta(stage, {
    listeners: [{ address: '127.0.0.1', port }],
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    routes: {
      'postfix.test': { host: '127.0.0.1', port: toPostfix.port, tls: 'none' },
      'able.test': { host: '127.0.0.1', port: able.port, tls: 'none' },
      'unable.test': { host: '127.0.0.1', port: unable.port, tls: 'none' },
    },
  })
  const offer = await offerOf(mta.port)
  if (!(await offers(stage, offer, 'SMTPUTF8'))) return

  const submit = async (at, from, to, octets, parameters = ' SMTPUTF8 BODY=8BITMIME') => {
    const talker = await session(at)
    const reply = await transact(talker, { from, to: [to], octets, parameters })
    holds(reply.startsWith('250'), reply)
    await talker.ask('QUIT', '221')
  }
  const text = (octets) => octets.toString('utf8').replaceAll('\r', '')
  const storedIn = (maildir, octets) =>
    until('the message is stored, unaltered', () =>
      messagesIn(maildir).find((one) => addedTo(withLf(one), withLf(octets)) !== undefined),
    )
  const saidTo = (tap, verb, address) =>
    until(`${verb} with ${address}`, () => tap.commands(verb).find((line) => line.includes(`<${address}>`)))

  await stage.check('ours -> Postfix: sender, recipient and header outside ASCII', async () => {
    await submit(mta.port, `${greek}@local.test`, `${cyrillic}@postfix.test`, international)
    const stored = text(await storedIn(postfix.maildir, international))
    holds(stored.includes(`Return-Path: <${greek}@local.test>`), stored)
    holds(stored.includes(`Delivered-To: ${cyrillic}@postfix.test`), stored)
    holds(/by postfix\.test \(Postfix\) with UTF8SMTP/.test(stored), stored)
    holds(/by mx\.local\.test[\s\S]*? with UTF8SMTP /.test(stored), `our own trace field:\n${stored}`)
    holds(parametersOf(await saidTo(toPostfix, 'MAIL', `${greek}@local.test`)).has('SMTPUTF8'), 'MAIL')
  })
  await stage.check('Postfix -> ours: into a Maildir, and on to a server that can', async () => {
    const octets = content(`${cyrillic} ${greek}`, 'to a Maildir')
    await submit(postfix.port, `${greek}@postfix.test`, 'alice@local.test', octets)
    const stored = text(await storedIn(join(mail, 'alice'), octets))
    holds(stored.includes(`Return-Path: <${greek}@postfix.test>`), stored)
    holds(/by mx\.local\.test[\s\S]*? with UTF8SMTP /.test(stored), stored)
    holds(parametersOf(await saidTo(toOurs, 'MAIL', `${greek}@postfix.test`)).has('SMTPUTF8'), 'Postfix says so')

    await submit(postfix.port, `${greek}@postfix.test`, `${cyrillic}@able.test`, international)
    const kept = await until('it is passed on', () => able.messages[0])
    const [from, to] = [kept.from, kept.to[0]].map((address) => Buffer.from(address, 'latin1').toString('utf8'))
    same([from, to], [`${greek}@postfix.test`, `${cyrillic}@able.test`], 'envelope')
    holds(/\bSMTPUTF8\b/.test(kept.parameters), kept.parameters)
    holds(addedTo(kept.octets, international) !== undefined, 'its content')
  })
  await stage.check('an address that needs it is refused without it, as RFC 6531 3.5 has it', async () => {
    const talker = await session(mta.port)
    const reply = await talker.ask(`MAIL FROM:<${greek}@local.test>`)
    holds(/^550 5\.6\.7 /.test(reply), reply)
    await talker.ask('MAIL FROM:<sender@local.test>', '250')
    const second = await talker.ask(`RCPT TO:<${cyrillic}@able.test>`)
    holds(/^553 5\.6\.7 /.test(second), second)
    talker.close()
  })
  await stage.check(
    'a next hop that cannot take the recipient: the sender is told, and nothing goes there',
    async () => {
      await submit(mta.port, 'bob@local.test', `${cyrillic}@unable.test`, plain, ' SMTPUTF8')
      const bounce = await until('a bounce', () => messagesIn(join(mail, 'bob'))[0])
      const report = text(bounce)
      holds(/^Return-Path: <>$/m.test(report) && /^Action: failed$/im.test(report), report)
      holds(/^Status: 5\.6\.7$/im.test(report), report)
      const recipient = /^Final-Recipient: (.*)$/im.exec(report)?.[1]
      holds(
        /^utf-8; ?/i.test(recipient) && (recipient.includes(cyrillic) || /\\x\{43F\}/i.test(recipient)),
        `${recipient}`,
      )
      same(unable.messages.length, 0, 'messages')
    },
  )
  await stage.check('a header outside ASCII alone cannot go there either', async () => {
    await submit(mta.port, 'back@local.test', 'you@unable.test', international)
    const report = text(await until('a bounce', () => messagesIn(join(mail, 'back'))[0]))
    holds(/^Status: 5\.6\.[79]$/im.test(report), report)
    same(unable.messages.length, 0, 'messages')
  })
  await stage.check('a message that was said to need it, but is all ASCII, is passed on or comes back', async () => {
    await submit(mta.port, 'sender@local.test', 'you@unable.test', plain, ' SMTPUTF8')
    const kept = await until('either', () => unable.messages[0] ?? messagesIn(join(mail, 'sender'))[0])
    if (kept.octets !== undefined) {
      holds(!/SMTPUTF8/.test(kept.parameters), kept.parameters)
      holds(addedTo(kept.octets, plain) !== undefined, 'its content')
    } else holds(/^Status: 5\.6\.[79]$/im.test(text(kept)), text(kept))
  })
  await stage.check('Postfix -> ours -> a next hop that cannot take it: the sender is told', async () => {
    await submit(postfix.port, 'bounced@local.test', `${cyrillic}@unable.test`, international)
    const report = text(await until('a bounce', () => messagesIn(join(mail, 'bounced'))[0]))
    holds(/^Status: 5\.6\.[79]$/im.test(report), report)
  })
}
