import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCertificates } from '../certificates.mjs'
import { clients } from '../clients.mjs'
import { addedTo, messagesIn, withLf } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startSink } from '../sink.mjs'
import { session } from '../smtp.mjs'
import { holds, same, until } from '../stage.mjs'
import { startSubmission } from '../submission.mjs'

export const title = 'swaks, curl, msmtp, smtplib and nodemailer log in, and what they send goes by way of the MTA'
export const needs = [realPeers]

const users = { alice: 'correct horse', bob: 'battery staple' }
const octets = Buffer.from('From: <alice@local.test>\r\nSubject: submitted\r\n\r\nHello.\r\n..\r\n')

/** More than the clients make together. */
const failuresPerAddress = 30

export async function run(stage) {
  const certificates = createCertificates(join(stage.directory, 'certificates'))
  const { certificate, key } = certificates.of('local.test', { names: ['mx.local.test', '127.0.0.1'] })
  const { authority } = certificates
  const stranger = createCertificates(join(stage.directory, 'strangers')).authority
  const tls = { certificate, key, ca: authority }
  const mail = join(stage.directory, 'mail')
  const sink = await startSink(stage)
  const mta = await startMta(stage, {
    relayFor: ['127.0.0.0/8'],
    domains: { 'local.test': { maildir: join(mail, '{local}') } },
    routes: { 'remote.test': { host: '127.0.0.1', port: sink.port, tls: 'none' } },
    tls,
  })
  const submission = await startSubmission(
    stage,
    {
      hostname: 'submission.local.test',
      routes: { '*': { host: '127.0.0.1', port: mta.port, tls: 'verify' } },
      tls,
      logins: { delay: '0s', failuresPerAddress },
    },
    users,
  )
  const file = join(stage.directory, 'message.eml')
  writeFileSync(file, octets)
  const ways = {
    STARTTLS: { port: submission.port, authority },
    'TLS from the first octet on': { port: submission.tlsPort, authority, implicitTls: true },
  }
  /** Sends as Alice; answers what the client said and the server logged. */
  const send = async (client, task) => {
    const from = submission.position()
    const answer = await client.send({ from: 'alice@local.test', file, ...task })
    const events = (name) => submission.events(from).filter(({ msg }) => msg === name)
    return { ...answer, events }
  }
  const refused = ({ sent, output, events }, reply) => {
    holds(!sent, 'it was sent')
    holds(output.includes(reply), `the refusal is shown: ${output.slice(-2000)}`)
    same(events('accepted'), [], 'messages accepted')
  }

  await stage.check('in clear no log-in is offered, and no mail taken', async () => {
    const talker = await session(submission.port)
    holds(!talker.offer.has('AUTH'), `AUTH is offered: ${talker.offer.get('AUTH')}`)
    await talker.ask('MAIL FROM:<alice@local.test>', '530')
    talker.close()
  })
  for (const client of clients) {
    const { name } = client
    for (const [way, place] of Object.entries(ways)) {
      for (const mechanism of client.mechanisms) {
        const what = `${name}: ${mechanism}, ${way}`
        const login = { user: 'alice', password: users.alice, mechanism }
        await stage.check(`${what}: a message to a Maildir and on`, async () => {
          const box = `${name}-${mechanism}-${place.implicitTls ? 'implicit' : 'starttls'}`.toLowerCase()
          const to = [`${box}@local.test`, `${box}@remote.test`]
          const { sent, output, events } = await send(client, { ...place, to, login })
          holds(sent, output)
          same(
            events('logged-in').map(({ identity, mechanism }) => ({ identity, mechanism })),
            [{ identity: 'alice', mechanism }],
            'log-ins',
          )
          const [stored] = await until(`a message in ${box}`, () => {
            const found = messagesIn(join(mail, box))
            return found.length > 0 ? found : undefined
          })
          cameByBoth(addedTo(stored, withLf(octets)))
          const kept = await until(`a message to ${to[1]}`, () =>
            sink.messages.find((message) => message.to.includes(to[1])),
          )
          cameByBoth(addedTo(kept.octets, octets))
        })
        await stage.check(`${what}: a wrong password`, async () => {
          const task = { ...place, to: ['wrong@local.test'], login: { ...login, password: users.bob } }
          const answer = await send(client, task)
          refused(answer, '535')
          same(answer.events('logged-in'), [], 'log-ins')
          same(
            answer.events('login-failed').map(({ account }) => account),
            ['alice'],
            'failures',
          )
        })
      }
      const login = { user: 'alice', password: users.alice, mechanism: client.mechanisms[0] }
      await stage.check(`${name}: ${way}: a sender who is somebody else`, async () => {
        refused(await send(client, { ...place, from: 'bob@local.test', to: ['forged@local.test'], login }), '5.7.1')
      })
      await stage.check(`${name}: ${way}: no log-in where it cannot verify the certificate`, async () => {
        const task = { ...place, authority: stranger, to: ['stranger@local.test'], login }
        const { sent, output, events } = await send(client, task)
        holds(!sent && /certificate/i.test(output), `sent: ${sent}; ${output}`)
        same([...events('logged-in'), ...events('login-failed')], [], 'log-ins')
      })
    }
  }
  await stage.check('who has guessed too often is not listened to any more, right or wrong', async () => {
    const logIn = async (password) => {
      const talker = await session(submission.port, { tls: true })
      const reply = await talker.ask(`AUTH PLAIN ${Buffer.from(`\0bob\0${password}`).toString('base64')}`)
      talker.close()
      return reply.slice(0, 3)
    }
    let guesses = 0
    while ((await logIn(users.alice)) === '535') holds(++guesses <= failuresPerAddress, `${guesses} guesses`)
    const from = submission.position()
    same(await logIn(users.bob), '454', 'reply to the right password')
    const events = submission.events(from).map(({ msg }) => msg)
    holds(events.includes('login-refused') && !events.includes('logged-in'), events.join())
  })
  await stage.check('what was refused is nowhere, and no log has a password', async () => {
    await submission.drained()
    await mta.drained()
    for (const box of ['wrong', 'forged', 'stranger']) holds(!existsSync(join(mail, box)), `${box}@local.test has mail`)
    const log = readFileSync(submission.log, 'utf8')
    for (const password of Object.values(users))
      for (const form of [password, Buffer.from(password).toString('base64')])
        holds(!log.includes(form), `${form} stands in the log`)
  })
}

/** The trace of a message that somebody handed in over TLS, having logged in, and that went on over TLS. */
function cameByBoth(added) {
  holds(added !== undefined, 'the content was altered')
  const trace = added.replace(/\r?\n[ \t]/g, ' ')
  holds(/^Received: .* by submission\.local\.test .*with ESMTPSA /m.test(trace), `not handed in:\n${trace}`)
  holds(
    /^Received: from submission\.local\.test .* by mx\.local\.test .*with ESMTPS /m.test(trace),
    `not ours:\n${trace}`,
  )
}
