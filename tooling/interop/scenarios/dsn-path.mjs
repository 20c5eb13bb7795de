import { join } from 'node:path'
import { messagesIn } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { startExim } from '../peers/exim.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { startSink } from '../sink.mjs'
import { offerOf, offers, session } from '../smtp.mjs'
import { freePort, holds, same, until } from '../stage.mjs'
import { fromXtext, parametersOf, startTap } from '../tap.mjs'

export const title =
  'NOTIFY, ORCPT, RET and ENVID from Postfix through ours to Exim, unchanged; and what each asks for is done'
export const needs = [realPeers]

const octets = Buffer.from('From: <sender@local.test>\r\nSubject: hello\r\n\r\nThe content.\r\n')

/** What is said to Postfix: parameters of MAIL, and of each RCPT by local-part. */
const wishes = [
  [
    'all of them',
    'RET=HDRS ENVID=id+2B4711/a',
    { all: 'NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;first+2Bplus@old.test' },
  ],
  ['NEVER', 'RET=FULL ENVID=other', { never: 'NOTIFY=NEVER ORCPT=rfc822;second@old.test' }],
  ['FAILURE, no ENVID', '', { failure: 'NOTIFY=FAILURE' }],
  ['an address of another type', 'ENVID=x', { typed: 'NOTIFY=DELAY ORCPT=x400;/C=gb/S=J+2Bones/' }],
  ['none', '', { none: '' }],
  [
    'a wish of each recipient',
    'RET=FULL',
    { one: 'NOTIFY=SUCCESS', two: 'NOTIFY=FAILURE,DELAY', three: 'NOTIFY=NEVER' },
  ],
]

export async function run(stage) {
  const { mta, mail, postfix, toOurs, toExim, sink } = await startBetween(stage)
  const offer = await offerOf(mta.port)
  if (!(await offers(stage, offer, 'DSN'))) return

  const commandFor = (tap, verb, address) => tap.commands(verb).find((line) => line.includes(`<${address}>`))
  for (const [number, [what, ofMail, recipients]] of wishes.entries())
    await stage.check(`Postfix -> ours -> Exim: ${what}`, async () => {
      const sender = `sender-${number}@local.test`
      const talker = await session(postfix.port)
      await talker.ask(`MAIL FROM:<${sender}> ${ofMail}`.trimEnd(), '250')
      for (const [name, wish] of Object.entries(recipients))
        await talker.ask(`RCPT TO:<${name}@exim.test> ${wish}`.trimEnd(), '250')
      await talker.ask('DATA', '354')
      talker.send(Buffer.concat([octets, Buffer.from('.\r\n')]))
      await talker.ask(undefined, '250')
      await talker.ask('QUIT', '221')
      const names = Object.keys(recipients)
      await until('Exim is told all recipients', () =>
        names.every((name) => commandFor(toExim, 'RCPT', `${name}@exim.test`)),
      )
      const said = (text, keys) => keys.map((key) => fromXtext(parametersOf(text).get(key) ?? ''))
      const mailKeys = ['RET', 'ENVID']
      same(
        said(commandFor(toOurs, 'MAIL', sender), mailKeys),
        said(`> ${ofMail}`, mailKeys),
        'what Postfix passed on of MAIL',
      )
      same(said(commandFor(toExim, 'MAIL', sender), mailKeys), said(`> ${ofMail}`, mailKeys), 'MAIL at Exim')
      for (const [name, wish] of Object.entries(recipients)) {
        const [before, after] = [toOurs, toExim].map((tap) => commandFor(tap, 'RCPT', `${name}@exim.test`))
        // Postfix names an original recipient where the client did not.
        same(said(after, ['NOTIFY', 'ORCPT']), said(before, ['NOTIFY', 'ORCPT']), `RCPT of ${name} at Exim`)
        same(said(after, ['NOTIFY']), said(`> ${wish}`, ['NOTIFY']), `NOTIFY of ${name}`)
        if (wish.includes('ORCPT')) same(said(after, ['ORCPT']), said(`> ${wish}`, ['ORCPT']), `ORCPT of ${name}`)
      }
    })

  const reportsTo = (name) => messagesIn(join(mail, name)).map((one) => one.toString('latin1').replaceAll('\r', ''))
  const reportTo = (name) => until(`a report to ${name}`, () => reportsTo(name)[0])
  await stage.check('Exim, who delivers, reports success with ENVID and ORCPT as they were', async () => {
    const report = await reportTo('sender-0')
    holds(/^Action: delivered$/im.test(report), report)
    // Exim leaves xtext as it came.
    holds(/^Original-Envelope-Id: ?id(\+|\+2B)4711\/a$/im.test(report), report)
    holds(/^Original-Recipient: ?rfc822; ?first(\+|\+2B)plus@old\.test$/im.test(report), report)
    holds(!report.includes('The content.'), 'RET=HDRS')
  })

  const submit = async (sender, to, ofMail, ofRcpt) => {
    const talker = await session(mta.port)
    await talker.ask(`MAIL FROM:<${sender}@local.test> ${ofMail}`.trimEnd(), '250')
    await talker.ask(`RCPT TO:<${to}> ${ofRcpt}`.trimEnd(), '250')
    await talker.ask('DATA', '354')
    talker.send(Buffer.concat([octets, Buffer.from('.\r\n')]))
    await talker.ask(undefined, '250')
    await talker.ask('QUIT', '221')
    await mta.drained()
  }
  await stage.check(
    'to a server without DSN nothing is said of it, and ours reports that the mail was relayed',
    async () => {
      await submit('relay', 'you@plain.test', 'RET=HDRS ENVID=e1', 'NOTIFY=SUCCESS ORCPT=rfc822;you@old.test')
      const kept = sink.messages.at(-1)
      same(
        [...parametersOf(kept.parameters).keys()].filter((key) => ['RET', 'ENVID'].includes(key)),
        [],
        'parameters',
      )
      const report = await reportTo('relay')
      holds(/^Action: relayed$/im.test(report) && /^Status: 2\./im.test(report), report)
      holds(/^Original-Envelope-Id: ?e1$/im.test(report), report)
      holds(/^Original-Recipient: ?rfc822; ?you@old\.test$/im.test(report), report)
      holds(!report.includes('The content.'), report)
    },
  )
  const refusals = [
    [
      'RET=FULL returns the content, with ENVID and ORCPT',
      'full',
      'RET=FULL ENVID=e+2B2',
      'NOTIFY=FAILURE ORCPT=rfc822;g@old.test',
      true,
    ],
    [
      'RET=HDRS returns the header alone',
      'hdrs',
      'RET=HDRS ENVID=e+2B2',
      'NOTIFY=FAILURE,DELAY ORCPT=rfc822;g@old.test',
      true,
    ],
    ['NOTIFY=NEVER brings no report', 'hush', 'RET=FULL', 'NOTIFY=NEVER', false],
    ['NOTIFY=SUCCESS brings none of a failure', 'glad', '', 'NOTIFY=SUCCESS', false],
  ]
  for (const [what, sender, ofMail, ofRcpt, told] of refusals)
    await stage.check(`refused by Exim: ${what}`, async () => {
      await submit(sender, 'gone@exim.test', ofMail, ofRcpt)
      const reports = reportsTo(sender)
      same(reports.length, told ? 1 : 0, 'reports')
      if (!told) return
      holds(/^Action: failed$/im.test(reports[0]) && /^Status: 5\.1\.1/im.test(reports[0]), reports[0])
      holds(/^Original-Envelope-Id: ?e\+2$/im.test(reports[0]), reports[0])
      holds(/^Original-Recipient: ?rfc822; ?g@old\.test$/im.test(reports[0]), reports[0])
      same(reports[0].includes('The content.'), sender === 'full', 'the content comes back')
      holds(reports[0].includes('Subject: hello'), 'the header comes back')
    })
}

/** Postfix before ours, Exim behind it, and a server that knows nothing of DSN. */
async function startBetween(stage) {
  const port = await freePort()
  const mail = join(stage.directory, 'mail')
  const toOurs = await startTap(stage, port)
  const postfix = await startPostfix(stage, { relayTo: toOurs.port })
  const exim = await startExim(stage, {
    domains: ['exim.test'],
    refused: ['gone@exim.test'],
    relayTo: port,
    settings: ['dsn_advertise_hosts = *'],
  })
  const toExim = await startTap(stage, exim.port)
  const sink = await startSink(stage)
  const mta = await startMta(stage, {
    listeners: [{ address: '127.0.0.1', port }],
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    routes: {
      'exim.test': { host: '127.0.0.1', port: toExim.port, tls: 'none' },
      'plain.test': { host: '127.0.0.1', port: sink.port, tls: 'none' },
    },
  })
  return { mta, mail, postfix, toOurs, toExim, sink }
}
