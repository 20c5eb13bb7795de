import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCertificates } from '../certificates.mjs'
import { clients } from '../clients.mjs'
import { addedTo, messagesIn, withLf } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startSink } from '../sink.mjs'
import { offerOf, session } from '../smtp.mjs'
import { holds, same, until } from '../stage.mjs'

export const title = 'swaks, curl, msmtp, smtplib and nodemailer send: every octet arrives, what is refused is told'
export const needs = [realPeers]

const line = (text) => `${text}\r\n`
const content = (subject, body) =>
  Buffer.concat([Buffer.from(`From: <c@sender.test>\r\nSubject: ${subject}\r\n\r\n`), Buffer.from(body)])
const high = Buffer.from(Array.from({ length: 128 }, (_, at) => 128 + at))

/** What each client sends, plain and then over TLS. */
const contents = {
  plain: content('plain', line('Hello.')),
  eightbit: content('8bit', Buffer.concat([high, Buffer.from('\r\nnaïve αω\r\n')])),
  dots: content('dots', ['.', '..', '.leading', 'between', '. ', '...', '.', 'end'].map(line).join('')),
  mebi: content('1 MiB', line('0123456789abcdef'.repeat(4).slice(2)).repeat(2 ** 14)),
}

export async function run(stage) {
  const certificates = createCertificates(join(stage.directory, 'certificates'))
  const { certificate, key } = certificates.of('mx.local.test', { names: ['mx.local.test', '127.0.0.1'] })
  const stranger = createCertificates(join(stage.directory, 'strangers')).authority
  const mail = join(stage.directory, 'mail')
  const sink = await startSink(stage)
  const mta = await startMta(stage, {
    relayFor: ['127.0.0.0/8'],
    domains: {
      'local.test': { maildir: join(mail, '{local}') },
      'few.test': { maildir: join(mail, 'few-{local}'), mailboxes: ['here', 'there'] },
    },
    routes: { 'remote.test': { host: '127.0.0.1', port: sink.port, tls: 'none' } },
    tls: { certificate, key },
    limits: { messageOctets: '2MiB' },
  })
  const { port } = mta
  const offer = await offerOf(port, { tls: true })
  for (const keyword of ['SMTPUTF8', 'DSN', 'CHUNKING'])
    if (!offer.has(keyword)) stage.say(`not offered, so not tried: ${keyword}`)
  const file = (name, octets) => {
    const path = join(stage.directory, `${name}.eml`)
    writeFileSync(path, octets)
    return path
  }
  const files = Object.fromEntries(Object.entries(contents).map(([name, octets]) => [name, file(name, octets)]))
  const tooBig = file('too-big', Buffer.concat([contents.mebi, contents.mebi, contents.mebi]))
  /** The one new message in a mailbox, and that what was sent is its end. */
  const arrived = async (mailbox, sent, before = 0) => {
    const stored = await until(`a message in ${mailbox}`, () => {
      const found = messagesIn(join(mail, mailbox))
      return found.length > before ? found : undefined
    })
    same(stored.length - before, 1, `messages in ${mailbox}`)
    const added = addedTo(withLf(stored.at(-1)), withLf(sent))
    holds(added !== undefined, `the content was altered:\n${stored.at(-1).subarray(0, 2000)}`)
    return added
  }
  const relayed = async (recipient, sent) => {
    const kept = await until(`a message to ${recipient}`, () => sink.messages.find(({ to }) => to.includes(recipient)))
    holds(addedTo(kept.octets, sent) !== undefined, `the content was altered on its way to ${recipient}`)
    return kept
  }

  for (const client of clients) {
    const { name } = client
    const from = `${name}@sender.test`
    for (const [what, octets] of Object.entries(contents))
      for (const authority of [undefined, certificates.authority])
        await stage.check(`${name}: ${what}${authority ? ' over verified TLS' : ''}, to a Maildir and on`, async () => {
          const box = `${name}-${what}${authority ? '-tls' : ''}`
          const to = [`${box}@local.test`, `${box}@remote.test`]
          const task = { port, from, to, file: files[what], authority, eightBit: what === 'eightbit' }
          const { sent, output } = await client.send(task)
          holds(sent, output)
          const added = await arrived(box, octets)
          holds(added.includes(`with ${authority ? 'ESMTPS' : 'ESMTP'} `), `how it came:\n${added}`)
          await relayed(`${box}@remote.test`, octets)
        })
    await stage.check(`${name}: does not send to a server whose certificate it cannot verify`, async () => {
      const to = [`${name}-stranger@local.test`]
      const { sent, output } = await client.send({ port, from, to, file: files.plain, authority: stranger })
      holds(!sent && /certificate/i.test(output), `sent: ${sent}; ${output}`)
      same(messagesIn(join(mail, `${name}-stranger`)).length, 0, 'messages')
    })
    await stage.check(
      `${name}: of three recipients one is refused${client.partial === false ? ', so it sends to none' : ''}`,
      async () => {
        const count = () => ['few-here', 'few-there'].map((box) => messagesIn(join(mail, box)).length)
        const [before] = count()
        const to = ['here@few.test', 'gone@few.test', 'there@few.test']
        const { sent, output } = await client.send({ port, from, to, file: files.plain })
        holds(/5\.1\.1/.test(output), `the refusal is shown: ${output}`)
        if (client.partial === false) {
          holds(!sent, 'it gives up the whole message')
          await mta.drained()
          same(count(), [before, before], 'messages of the other two')
        } else for (const box of ['few-here', 'few-there']) await arrived(box, contents.plain, before)
      },
    )
    await stage.check(`${name}: a message above SIZE is refused`, async () => {
      const to = [`${name}-big@local.test`]
      const { sent, output } = await client.send({ port, from, to, file: tooBig })
      holds(!sent, 'it was sent')
      holds(/\b552\b/.test(output), `why: ${output.slice(-2000)}`)
      await mta.drained()
      same(messagesIn(join(mail, `${name}-big`)).length, 0, 'messages')
    })
    await stage.check(`${name}: a null reverse-path`, async () => {
      const to = [`${name}-null@local.test`]
      const { sent, output } = await client.send({ port, from: '', to, file: files.plain })
      holds(sent, output)
      const added = await arrived(`${name}-null`, contents.plain)
      holds(/^Return-Path: <>$/m.test(added), added)
    })
    if (client.utf8 && offer.has('SMTPUTF8')) await utf8(client)
    if (client.dsn && offer.has('DSN')) await dsn(client)
  }
  if (offer.has('CHUNKING')) await chunking()

  async function utf8({ name, send }) {
    await stage.check(`${name}: SMTPUTF8`, async () => {
      const octets = content('δοκιμή', line('καλημέρα'))
      const from = `δοκιμή.${name}@sender.test`
      const task = { port, from, to: [`${name}-utf8@local.test`], file: file('utf8', octets), utf8: true }
      const { sent, output } = await send(task)
      holds(sent, output)
      const added = Buffer.from(await arrived(`${name}-utf8`, octets), 'latin1').toString('utf8')
      holds(added.includes(`Return-Path: <${from}>`), added)
      holds(/ with UTF8SMTP /.test(added), added)
    })
  }

  async function dsn({ name, send, dsn: takes }) {
    await stage.check(`${name}: DSN ${takes.join(', ')}`, async () => {
      const box = `${name}-dsn`
      const wish = {
        notify: 'SUCCESS,FAILURE',
        ret: 'HDRS',
        envid: `${name}-4711`,
        orcpt: `first+${name}@elsewhere.test`,
      }
      const task = { port, from: `${box}-sender@local.test`, to: [`${box}@local.test`], file: files.plain, dsn: wish }
      const { sent, output } = await send(task)
      holds(sent, output)
      await arrived(box, contents.plain)
      const report = await until('a report', () => messagesIn(join(mail, `${box}-sender`))[0]?.toString('latin1'))
      holds(/^Action: delivered/im.test(report), `it reports delivery:\n${report}`)
      holds(!report.includes('Hello.'), 'RET=HDRS: the content does not come back')
      if (takes.includes('envid')) holds(report.includes(`Original-Envelope-Id: ${wish.envid}`), `ENVID:\n${report}`)
      if (takes.includes('orcpt'))
        holds(/^Original-Recipient: rfc822; ?first\+.*@elsewhere\.test/im.test(report), `ORCPT:\n${report}`)
    })
  }

  /** No client speaks BDAT, so this one does by hand. */
  async function chunking() {
    const octets = contents.dots
    const cuts = {
      'one chunk': [[octets, true]],
      'many chunks': [...octets].map((octet, at) => [Buffer.of(octet), at === octets.length - 1]),
      'an empty last chunk': [
        [octets.subarray(0, 90), false],
        [octets.subarray(90), false],
        [Buffer.alloc(0), true],
      ],
    }
    for (const [number, [what, chunks]] of Object.entries(cuts).entries())
      await stage.check(`BDAT: ${what}, pipelined`, async () => {
        const talker = await session(port)
        const [box, from] = [`bdat-${number}`, 'bdat@sender.test']
        talker.send(line(`MAIL FROM:<${from}>`) + line(`RCPT TO:<${box}@local.test>`))
        for (const [chunk, last] of chunks)
          talker.send(Buffer.concat([Buffer.from(line(`BDAT ${chunk.length}${last ? ' LAST' : ''}`)), chunk]))
        for (let replies = chunks.length + 2; replies > 0; replies--) await talker.ask(undefined, '250')
        await talker.ask('QUIT', '221')
        await arrived(box, octets)
      })
    await stage.check('BDAT without a recipient is refused, and its octets are no commands', async () => {
      const talker = await session(port)
      await talker.ask('MAIL FROM:<bdat@sender.test>', '250')
      await talker.ask('RCPT TO:<gone@few.test>', '550')
      const octets = Buffer.from('RSET\r\nNOOP\r\nQUIT\r\n')
      talker.send(Buffer.concat([Buffer.from(line(`BDAT ${octets.length} LAST`)), octets]))
      const reply = await talker.ask(undefined)
      holds(/^5/.test(reply), reply)
      await talker.ask('NOOP', '250')
      await talker.ask('QUIT', '221')
    })
  }
}
