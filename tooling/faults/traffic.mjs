// Mail through the built server: who sent what, what was acknowledged, and what came out.
import { join } from 'node:path'
import { messagesIn } from '../interop/maildir.mjs'
import { startMta } from '../interop/mta.mjs'
import { startSink } from '../interop/sink.mjs'
import { session, stuffed } from '../interop/smtp.mjs'
import { holds, same } from '../interop/stage.mjs'

const boxes = 5

/**
 * A server that takes mail for two domains: `remote.test` goes on to a sink, `local.test` into mailboxes.
 *
 * @param options of the server, see `prepareServer`; `config` goes over what is set here
 */
export async function startTraffic(stage, { config = {}, answer, ...options } = {}) {
  const sink = await startSink(stage, { answer })
  const mail = join(stage.directory, 'mail/{local}')
  const mta = await startMta(
    stage,
    {
      relayFor: ['127.0.0.0/8'],
      domains: { 'local.test': { maildir: mail } },
      routes: { '*': { host: '127.0.0.1', port: sink.port, tls: 'none' } },
      retry: { first: '1s', max: '2s', lifetime: '1d', warnAfter: '12h' },
      ...config,
    },
    options,
  )
  const acknowledged = new Set()
  // Attempts whose answer never came: the sender does them again, as RFC 1047 has it.
  const cut = new Map()
  let next = 0
  const traffic = {
    mta,
    sink,
    acknowledged,
    cut,
    /** One more message; `talker` is a session. Answers the reply to its content, or the first refusal before. */
    async send(talker, { number = next++, lines = 40, to = addressOf(number) } = {}) {
      for (const line of ['MAIL FROM:<sender@sender.test>', `RCPT TO:<${to}>`, 'DATA']) {
        const reply = await talker.ask(line)
        if (!/^[23]/.test(reply)) {
          if (!reply.startsWith('421')) await talker.ask('RSET', '250')
          return reply
        }
      }
      talker.send(stuffed(messageOf(number, lines)))
      let reply
      try {
        reply = await talker.ask(undefined)
      } catch (error) {
        cut.set(number, (cut.get(number) ?? 0) + 1)
        throw error
      }
      if (reply.startsWith('250')) acknowledged.add(number)
      return reply
    },
    /** As many messages, one after another in one session, each acknowledged. */
    async sendAll(count, options) {
      const talker = await session(mta.port)
      try {
        for (let sent = 0; sent < count; sent++) {
          const reply = await traffic.send(talker, options)
          holds(reply.startsWith('250'), `refused: ${reply}`)
        }
        await talker.ask('QUIT', '221')
      } finally {
        talker.close()
      }
    },
    /** A number that nobody has yet. */
    take: () => next++,
    /** What came out so far: number of the message to copies. Throws when one was altered. */
    copies() {
      const found = new Map()
      const all = [...sink.messages.map(({ octets }) => octets)]
      for (let box = 0; box < boxes; box++) all.push(...messagesIn(mail.replace('{local}', `box${box}`)))
      for (const octets of all) {
        const number = numberOf(octets)
        // A report of ours is none of those that were sent.
        if (number !== undefined) found.set(number, (found.get(number) ?? 0) + 1)
      }
      return found
    },
    /** All that was acknowledged has come out whole, at most `repeated` of it once more, and the ledger balances. */
    async settled({ repeated = 0, seconds = 120 } = {}) {
      await mta.drained(seconds)
      const copies = traffic.copies()
      const lost = [...acknowledged].filter((number) => !copies.has(number))
      same(lost, [], 'lost')
      let ours = 0
      for (const [number, times] of copies) ours += Math.max(0, times - 1 - (cut.get(number) ?? 0))
      holds(ours <= repeated, `${ours} messages were repeated, ${repeated} may be`)
      balances(await mta.stats())
    },
  }
  return traffic
}

/** Which message this is, whole at its end; `undefined`: none of these. Throws when it is one that was altered. */
export function numberOf(octets) {
  const text = octets.toString('latin1').replaceAll('\r', '')
  // Reports quote the header of what they are about.
  const [, number, lines] = /^Subject: m(\d+) of (\d+)$/m.exec(text.split('\n\n')[0]) ?? []
  if (number === undefined) return undefined
  const whole = messageOf(Number(number), Number(lines)).toString('latin1').replaceAll('\r', '')
  holds(text.endsWith(whole), `message ${number} was altered`)
  return Number(number)
}

/** Every other one stays here. */
const addressOf = (number) => (number % 2 === 0 ? `m${number}@remote.test` : `box${number % boxes}@local.test`)

/** Accepted = all that became of recipients + queued + held. */
export function balances({ messages: _, corrupt, accepted, ...rest }) {
  same(
    Object.values(rest).reduce((sum, count) => sum + count, 0),
    accepted,
    `recipients accounted for in ${JSON.stringify(rest)}`,
  )
  same(corrupt, 0, 'corrupt messages')
}

const messageOf = (number, lines) =>
  Buffer.from(
    `From: <sender@sender.test>\r\nSubject: m${number} of ${lines}\r\n\r\n${`line of message ${number}, with some length to it .......\r\n`.repeat(lines)}end ${number}\r\n`,
  )
