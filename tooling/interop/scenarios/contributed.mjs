import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messagesIn } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { session, transact } from '../smtp.mjs'
import { holds, same, until } from '../stage.mjs'

const module = join(import.meta.dirname, '../../../examples/esmtp-recl/dist/mta.js')

export const title = 'an extension from outside the tree, by one line of configuration: RECL recalls a queued message'
export const needs = [() => (existsSync(module) ? undefined : 'examples/esmtp-recl is not built')]

const guid = 'G9Kw8iJ37Q1027msa4NbU'
const secretHash = createHash('sha256').update(guid).digest('base64')

const message = (id) =>
  Buffer.from(
    [
      'From: <alice@local.test>',
      'To: <bob@far.test>',
      'Subject: Save the date',
      `Message-ID: <${id}@local.test>`,
      `Message-Verification: hash=SHA256;guid=${secretHash}`,
      '',
      'Come.',
      '',
    ].join('\r\n'),
  )

export async function run(stage) {
  const mail = join(stage.directory, 'mail')
  const config = {
    domains: { 'local.test': { maildir: join(mail, '{local}'), mailboxes: ['alice'] } },
    relayFor: ['127.0.0.1/32'],
    // Nobody listens there: what is sent there waits.
    routes: { 'far.test': { host: '127.0.0.1', port: 9, tls: 'none' } },
    delivery: { allowLoopback: true },
    retry: { first: '1h', max: '1h', factor: 1, lifetime: '1d', warnAfter: '12h' },
  }

  const plain = await startMta(stage, config, { name: 'plain' })
  await stage.check('without the line, RECL is neither offered nor known', async () => {
    const talker = await session(plain.port)
    holds(!talker.offer.has('RECL'), 'it is offered')
    await talker.ask('MAIL FROM:<alice@local.test>', '250')
    await talker.ask('RCPT TO:<bob@far.test>', '250')
    await talker.ask(`RECL RECALL <a@local.test> ${guid}`, '500')
    talker.close()
  })

  const modules = [{ module, settings: { local: ['local.test'] } }]
  const mta = await startMta(stage, { ...config, extensions: { modules } }, { name: 'contributed' })
  const talker = await session(mta.port)
  const send = async (id) => {
    const reply = await transact(talker, { from: 'alice@local.test', to: ['bob@far.test'], octets: message(id) })
    holds(reply.startsWith('250'), reply)
    // The first attempt has come to nothing: the message waits, and nobody has it in hand.
    await until('the message waits', () => mta.events().some(({ msg, id }) => msg === 'deferred' && reply.includes(id)))
  }
  const recall = async (id, secret, expected) => {
    await talker.ask('MAIL FROM:<alice@local.test>', '250')
    await talker.ask('RCPT TO:<bob@far.test>', '250')
    await talker.ask(`RECL RECALL INFORM NO <${id}@local.test> ${secret}`, expected)
    await talker.ask('RSET', '250')
  }
  const report = (count) =>
    until(`report ${count} in the sender's mailbox`, () => messagesIn(join(mail, 'alice')).length === count)
  const actions = () =>
    messagesIn(join(mail, 'alice'))
      .map((octets) => /^Action: (.*?)\r?$/m.exec(octets.toString('utf8'))?.[1])
      .sort()

  await stage.check('with it, the keyword stands in the reply to EHLO', () =>
    same(talker.offer.get('RECL'), '', 'its arguments'),
  )
  await stage.check('a guess leaves the message where it is, and says so', async () => {
    await send('one')
    await recall('one', 'guess', '250')
    await report(1)
    same(actions(), ['RECALL NO'], 'what the report says')
    same((await mta.stats()).queued, 1, 'recipients that wait')
  })
  await stage.check('who has the secret takes it back, and is told', async () => {
    await recall('one', guid, '250')
    await report(2)
    same(actions(), ['RECALL NO', 'RECALL OK'], 'what the reports say')
    const { queued, held, removed } = await mta.stats()
    same({ queued, held, removed }, { queued: 0, held: 0, removed: 1 }, 'the queue')
  })
  await stage.check('the command ends its transaction, and no session', async () => {
    await talker.ask('MAIL FROM:<alice@local.test>', '250')
    await talker.ask('RCPT TO:<bob@far.test>', '250')
    await talker.ask(`RECL RELEASE <two@local.test> ${guid}`, '250')
    await talker.ask('DATA', '503')
    await talker.ask('QUIT', '221')
  })
  talker.close()
}
