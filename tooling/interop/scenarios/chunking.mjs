import { join } from 'node:path'
import { addedTo, messagesIn, withLf } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { startExim } from '../peers/exim.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { startSink } from '../sink.mjs'
import { offerOf, offers, session } from '../smtp.mjs'
import { freePort, holds, same, until } from '../stage.mjs'
import { parametersOf, startTap } from '../tap.mjs'

export const title =
  'BDAT from Exim and to Exim and Postfix; binary content as it is where that is offered, encoded where not'
export const needs = [realPeers]

const line = (text) => `${text}\r\n`
const content = (subject, body) =>
  Buffer.concat([Buffer.from(`From: <alice@local.test>\r\nSubject: ${subject}\r\n\r\n`), Buffer.from(body)])
const contents = {
  'dots at line starts': content('dots', ['.', '..', '.leading', '.'].map(line).join('')),
  'octets above 127': content('8bit', Buffer.from([...Array.from({ length: 128 }, (_, at) => 128 + at), 13, 10])),
  '1 MiB': content('1 MiB', line('0123456789abcdef'.repeat(4).slice(2)).repeat(2 ** 14)),
}

// Every octet, and every kind of line end; nothing in it is a line.
const binary = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
  Buffer.from('\r\n.\r\n\n.\n\r.\rRSET\r\n\0\0end'),
])
const boundary = '=_binary'
const binaryMessage = Buffer.concat([
  Buffer.from(
    ['From: <alice@local.test>', 'Subject: binary', 'MIME-Version: 1.0']
      .concat(`Content-Type: multipart/mixed; boundary="${boundary}"`, 'Content-Transfer-Encoding: binary', '')
      .concat(`--${boundary}`, 'Content-Type: text/plain; charset=us-ascii', '', 'See the other part.')
      .concat(`--${boundary}`, 'Content-Type: application/octet-stream', 'Content-Transfer-Encoding: binary', '', '')
      .join('\r\n'),
  ),
  binary,
  Buffer.from(`\r\n--${boundary}--\r\n`),
])

export async function run(stage) {
  const port = await freePort()
  const mail = join(stage.directory, 'mail')
  const toOurs = await startTap(stage, port)
  const exim = await startExim(stage, {
    domains: ['exim.test'],
    relayTo: toOurs.port,
    settings: ['chunking_advertise_hosts = *'],
  })
  const postfix = await startPostfix(stage, { domains: ['postfix.test'] })
  const peers = { exim, postfix }
  const taps = { exim: await startTap(stage, exim.port), postfix: await startTap(stage, postfix.port) }
  const sink = await startSink(stage, { offer: ['CHUNKING', 'BINARYMIME'] })
  const mta = await startMta(stage, {
    listeners: [{ address: '127.0.0.1', port }],
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    routes: {
      'exim.test': { host: '127.0.0.1', port: taps.exim.port, tls: 'none' },
      'postfix.test': { host: '127.0.0.1', port: taps.postfix.port, tls: 'none' },
      'binary.test': { host: '127.0.0.1', port: sink.port, tls: 'none' },
    },
  })
  const offer = await offerOf(mta.port)
  if (!(await offers(stage, offer, 'CHUNKING'))) return

  const submit = async (at, to, octets, body = '8BITMIME') => {
    const talker = await session(at)
    await talker.ask(`MAIL FROM:<alice@local.test> BODY=${body}`, '250')
    await talker.ask(`RCPT TO:<${to}>`, '250')
    const cut = octets.length >> 1
    talker.send(Buffer.concat([Buffer.from(line(`BDAT ${cut}`)), octets.subarray(0, cut)]))
    talker.send(Buffer.concat([Buffer.from(line(`BDAT ${octets.length - cut} LAST`)), octets.subarray(cut)]))
    await talker.ask(undefined, '250')
    await talker.ask(undefined, '250')
    await talker.ask('QUIT', '221')
  }
  const storedIn = (maildir, octets) =>
    until('the message is stored, unaltered', () =>
      messagesIn(maildir).find((one) => addedTo(withLf(one), withLf(octets)) !== undefined),
    )

  for (const [what, octets] of Object.entries(contents)) {
    await stage.check(`Exim -> ours: ${what}`, async () => {
      const before = toOurs.commands('BDAT').length
      await submit(exim.port, 'exim@local.test', octets)
      await storedIn(join(mail, 'exim'), octets)
      holds(toOurs.commands('BDAT').length > before, 'Exim sends chunks')
      same(toOurs.commands('DATA'), [], 'DATA')
    })
    for (const [name, peer] of Object.entries(peers))
      await stage.check(`ours -> ${name}: ${what}`, async () => {
        const before = taps[name].commands('BDAT').length
        await submit(mta.port, `you@${name}.test`, octets)
        await storedIn(peer.maildir, octets)
        holds(taps[name].commands('BDAT').length > before, 'ours sends chunks')
        same(taps[name].commands('DATA'), [], 'DATA')
      })
  }

  if (!(await offers(stage, offer, 'BINARYMIME'))) return
  await stage.check('BINARYMIME to a server that takes it: as it is', async () => {
    await submit(mta.port, 'you@binary.test', binaryMessage, 'BINARYMIME')
    const kept = await until('it is there', () => sink.messages[0])
    same(parametersOf(kept.parameters).get('BODY'), 'BINARYMIME', 'BODY')
    holds(kept.chunks !== undefined, 'in chunks')
    holds(addedTo(kept.octets, binaryMessage) !== undefined, 'every octet')
  })
  for (const [name, peer] of Object.entries(peers))
    await stage.check(
      `BINARYMIME for ${name}, which does not take it: the part is encoded, and decodes to what it was`,
      async () => {
        await submit(mta.port, `binary@${name}.test`, binaryMessage, 'BINARYMIME')
        const stored = await until('it is stored', () => messagesIn(peer.maildir).find((one) => one.includes(boundary)))
        holds(!taps[name].commands('MAIL').some((one) => one.includes('BINARYMIME')), 'BODY=BINARYMIME was said')
        holds(
          !/^content-transfer-encoding:[ \t]*binary/im.test(stored.toString('latin1')),
          'nothing is binary any more',
        )
        same(decodedPart(stored).toString('hex'), binary.toString('hex'), `the part of\n${stored.toString('latin1')}\n`)
      },
    )
  await stage.check('BINARYMIME to a Maildir: the part is what it was', async () => {
    await submit(mta.port, 'binary@local.test', binaryMessage, 'BINARYMIME')
    const stored = await until('it is stored', () => messagesIn(join(mail, 'binary'))[0])
    same(decodedPart(stored).toString('hex'), binary.toString('hex'), `the part of\n${stored.toString('latin1')}\n`)
  })
  await stage.check('BINARYMIME with DATA is refused', async () => {
    const talker = await session(mta.port)
    await talker.ask('MAIL FROM:<alice@local.test> BODY=BINARYMIME', '250')
    await talker.ask('RCPT TO:<binary@local.test>', '250')
    await talker.ask('DATA', '503')
    await talker.ask('RSET', '250')
    await talker.ask('QUIT', '221')
  })
}

/** The second part of a stored message, decoded; its line ends are LF or CRLF. */
function decodedPart(stored) {
  const whole = stored.toString('latin1')
  const [, , part] = whole.split(new RegExp(`(?:\\r?\\n|^)--${boundary}(?:--)?\\r?\\n`))
  const [, header, body] = /^([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(part)
  const encoding = /^content-transfer-encoding:[ \t]*(\S+)/im.exec(header)?.[1].toLowerCase()
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1')
  const text = body.replace(/=\r?\n/g, '').replace(/\r?\n/g, '\r\n')
  return Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
