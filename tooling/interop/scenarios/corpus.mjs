import { corpus, readCorpus } from '../corpus.mjs'
import { addedTo, fieldNames, messagesIn, withLf, withoutReturnPath } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { startExim } from '../peers/exim.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startPostfix } from '../peers/postfix.mjs'
import { startUnbound } from '../peers/unbound.mjs'
import { session, transact } from '../smtp.mjs'
import { freePort, holds, same, until } from '../stage.mjs'

export const title = 'real mail to Postfix and to Exim by MX, twice; and to a Maildir: every octet arrives'
export const needs = [realPeers, corpus]

const rounds = 2

export async function run(stage) {
  const messages = readCorpus()
  const smtpPort = await freePort('127.0.0.2')
  const { server } = await startUnbound(stage, [
    'postfix.test. MX 10 mx.postfix.test.',
    'mx.postfix.test. A 127.0.0.2',
    'exim.test. MX 10 mx.exim.test.',
    'mx.exim.test. A 127.0.0.3',
  ])
  const postfix = await startPostfix(stage, { address: '127.0.0.2', port: smtpPort, domains: ['postfix.test'] })
  const exim = await startExim(stage, { address: '127.0.0.3', port: smtpPort, domains: ['exim.test'] })
  const mail = `${stage.directory}/mail/{local}`
  const mta = await startMta(stage, {
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: mail } },
    dns: { servers: [server] },
    delivery: { smtpPort, allowLoopback: true },
  })

  for (let round = 1; round <= rounds; round++) {
    await stage.check(`round ${round}: ${messages.length} messages are taken for three recipients each`, async () => {
      const work = messages.entries()
      const submit = async () => {
        const talker = await session(mta.port)
        for (const [number, { name, octets }] of work) {
          const to = ['postfix.test', 'exim.test', 'local.test'].map((domain) => `m${number}@${domain}`)
          const parameters = octets.some((octet) => octet > 127) ? ' BODY=8BITMIME' : ''
          const reply = await transact(talker, { from: 'sender@sender.test', to, octets, parameters })
          if (!reply.startsWith('250')) throw new Error(`${name}: ${reply}`)
        }
        await talker.ask('QUIT', '221')
      }
      await Promise.all([submit(), submit(), submit(), submit()])
    })
    await mta.drained()
  }
  const wanted = messages.length * rounds
  for (const [peer, maildir] of [
    ['Postfix', postfix.maildir],
    ['Exim', exim.maildir],
  ]) {
    await until(`${wanted} messages at ${peer}`, () => messagesIn(maildir).length >= wanted, 60).catch(() => undefined)
    await stage.check(`${peer} stored ${messages.length} of ${messages.length}, ${rounds} times, octet for octet`, () =>
      compare(messages, messagesIn(maildir), withLf, rounds),
    )
  }
  await stage.check(
    `the Maildir holds ${messages.length} of ${messages.length}, ${rounds} times, octet for octet`,
    () =>
      compare(
        messages,
        messages.flatMap((_, number) => messagesIn(mail.replace('{local}', `m${number}`))),
        (sent) => withLf(withoutReturnPath(sent)),
        rounds,
      ),
  )
}

/** Each message sent must be the end of `times` stored ones, with nothing but trace fields in front. */
function compare(messages, stored, form, times) {
  same(stored.length, messages.length * times, 'messages stored')
  const found = new Map()
  for (const octets of stored) {
    const number = /^(?:Envelope-to|Delivered-To|X-Original-To): m(\d+)@/im.exec(
      octets.subarray(0, 4096).toString('latin1'),
    )?.[1]
    holds(number !== undefined, `a stored message without its recipient: ${octets.subarray(0, 300)}`)
    const { name, octets: sent } = messages[Number(number)]
    const added = addedTo(octets, form(sent))
    holds(added !== undefined, `${name} was altered`)
    for (const field of fieldNames(added)) holds(traces.has(field.toLowerCase()), `${name}: ${field} was added`)
    found.set(name, (found.get(name) ?? 0) + 1)
  }
  for (const { name } of messages) same(found.get(name), times, `copies of ${name}`)
}

const traces = new Set(['return-path', 'received', 'delivered-to', 'x-original-to', 'envelope-to'])
