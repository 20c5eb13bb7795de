import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { attack, InvalidCase } from '../abuse/attack.mjs'
import { createBait } from '../abuse/bait.mjs'
import { judge } from '../abuse/judge.mjs'
import { playLibrary } from '../abuse/library.mjs'
import { createCertificates } from '../certificates.mjs'
import { abuseVectors, readAbuse } from '../corpus.mjs'
import { messagesIn, withLf } from '../maildir.mjs'
import { startMta } from '../mta.mjs'
import { realPeers } from '../peers/peers.mjs'
import { startUnbound } from '../peers/unbound.mjs'
import { startSink } from '../sink.mjs'
import { session, Talker, transact } from '../smtp.mjs'
import { freePort, sleep } from '../stage.mjs'
import { startSubmission } from '../submission.mjs'
import { startTap } from '../tap.mjs'

export const title = 'misuse from outside: the smtp-abuse vectors against the real servers and the real client'
export const needs = [abuseVectors, realPeers]

/** Upper bounds on time and memory are stretched by this: a slow or busy machine is not a fault. */
const slack = Number(process.env.ANGARIUM_TIME_FACTOR ?? 5)
const memoryNoiseMiB = 32

export async function run(stage) {
  const { cases, fixture } = readAbuse()
  const certificates = createCertificates(join(stage.directory, 'certificates'))
  const { certificate, key } = certificates.of('mx.local.test')
  const smtpPort = await freePort('127.0.0.4')
  const { server } = await startUnbound(stage, [
    'remote.test. MX 10 mx.remote.test.',
    'mx.remote.test. A 127.0.0.4',
    'sink.test. MX 10 mx.sink.test.',
    'mx.sink.test. A 127.0.0.5',
  ])
  const sink = await startSink(stage)
  const tap = await startTap(stage, sink.port, { address: '127.0.0.4', port: smtpPort })
  const mail = join(stage.directory, 'mail')
  const common = {
    dns: { servers: [server] },
    tls: { certificate, key },
    delivery: { smtpPort, allowLoopback: true },
  }
  const local = { 'local.test': { maildir: join(mail, '{local}'), mailboxes } }
  const limits = {
    messageOctets: '1MiB',
    recipients: 100,
    received: 100,
    command: '5s',
    contentGrace: '10s',
    connectionsPerAddress: 50,
    errors: 20,
  }
  const mta = await startMta(stage, { ...common, domains: local, limits })
  const submission = await startSubmission(
    stage,
    {
      ...common,
      hostname: 'mx.local.test',
      routes: { 'local.test': { host: '127.0.0.1', port: mta.port } },
      logins: { delay: '0s' },
      limits,
    },
    fixture.users,
  )
  // The harness is never trusted by the servers under attack, so what our own client sends enters by a third one.
  const outbound = await startMta(
    stage,
    {
      ...common,
      domains: local,
      relayFor: ['127.0.0.1/32'],
      retry: { first: '2s', max: '2s', factor: 1, lifetime: '30s', warnAfter: '20s' },
    },
    { name: 'outbound' },
  )
  const services = {
    mx: { attacked: mta, port: mta.port },
    submission: { attacked: submission, port: submission.port },
    submissions: { attacked: submission, port: submission.tlsPort, implicitTls: true },
  }

  let played = 0
  for (const one of cases) {
    const what = `${one.id} ${one.title}`
    const play = { client: playAttack, 'hostile-server': playBait, library: playCall }[one.role]
    await stage.check(one.severity === 'must' ? what : `${what} (should)`, () => play(one))
    played++
  }
  stage.say(`${played} cases`)

  async function playAttack(one) {
    const { attacked, ...where } = services[one.service]
    const from = attacked.position()
    const before = await attacked.measure()
    const storedBefore = new Set(listed(mail))
    const sunk = sink.messages.length
    const heard = tap.listen()
    const canary = watch(attacked.port)
    const events = (name) => attacked.events(from).filter(({ msg }) => msg === name)
    const world = {
      ...where,
      address: '127.0.0.1',
      slack,
      memoryNoiseMiB,
      before,
      longestStall: 0,
      accepted: () => events('accepted').length,
      loggedIn: () => events('logged-in')[0]?.identity,
      // A Maildir keeps its lines with LF.
      asStored: withLf,
      async stored() {
        await attacked.drained(30)
        await mta.drained(30)
        return mailboxes.flatMap((box) =>
          messagesIn(join(mail, box)).filter((_, at) => !storedBefore.has(`${box}/${at}`)),
        )
      },
      async foreign() {
        if (sink.messages.length > sunk) return JSON.stringify(sink.messages.at(-1).to)
        const queued = JSON.parse(attacked.command('queue', 'list', '--json'))
        return queued.length > 0 ? JSON.stringify(queued[0]) : undefined
      },
      async outbound() {
        await attacked.drained(30)
        return { messages: sink.messages.length - sunk, octets: heard() }
      },
      strangeFiles: () => {
        const strange = readdirSync(attacked.directory).filter((name) => !KNOWN_FILES.has(name))
        return strange.length === 0 ? undefined : `new files: ${strange.join(', ')}`
      },
      measure: () => attacked.measure(),
      rawLog: () =>
        Buffer.from(
          attacked
            .events(from)
            .map((event) => JSON.stringify(event))
            .join('\n'),
        ),
    }
    let result
    try {
      result = await attack(one.steps, world)
      const broken = []
      for (const property of one.expect) {
        const why = await judge(property, result, world)
        if (why !== undefined) broken.push(`${property.property}: ${why}`)
      }
      const slow = await canary.stop()
      if (slow !== undefined) broken.push(`must-still-serve-others: ${slow}`)
      const { pid } = await attacked.measure()
      if (pid !== before.pid) broken.push('must-not-crash: another process answers')
      if (broken.length > 0) throw new Error(broken.join('\n'))
    } catch (error) {
      await canary.stop()
      if (error instanceof InvalidCase) throw new Error(`the case is invalid here: ${error.message}`)
      throw error
    } finally {
      for (const wire of result?.wires ?? []) wire.close()
    }
  }

  function playCall(one) {
    const broken = playLibrary(one, slack)
    if (broken.length > 0) throw new Error(broken.join('\n'))
  }

  async function playBait(one) {
    const { play, converse } = createBait(
      one.steps,
      (kind) =>
        certificates.of(kind === 'self-signed' ? 'self-signed.test' : 'mx.sink.test', {
          signed: kind !== 'self-signed',
        }).pem,
    )
    const bait = createServer((socket) => void converse(socket))
    await new Promise((listening) => bait.listen(smtpPort, '127.0.0.5', listening))
    const mine = `user-${one.id}@sink.test`
    try {
      const reportsBefore = messagesIn(join(mail, 'alice')).length
      const talker = await session(outbound.port)
      const reply = await transact(talker, { from: 'alice@local.test', to: [mine], octets: message(1024) })
      if (!reply.startsWith('250')) throw new Error(`not taken: ${reply}`)
      talker.close()
      const mineIs = ({ recipient }) => recipient === mine
      const world = {
        reports: async () => messagesIn(join(mail, 'alice')).slice(reportsBefore),
        state: async () => {
          const last = outbound.events().filter(mineIs).at(-1)?.msg
          return (
            { delivered: 'delivered', relayed: 'delivered', failed: 'bounced', expired: 'bounced' }[last] ?? 'queued'
          )
        },
      }
      await sleep(500)
      const broken = []
      for (const property of one.expect) {
        const why = await judge(property, play, world)
        if (why !== undefined) broken.push(`${property.property}: ${why}`)
      }
      if (broken.length > 0) throw new Error([...broken, ...play.problems].join('\n'))
    } finally {
      for (const wire of play.wires) wire.close()
      await new Promise((closed) => bait.close(closed))
      for (const { id } of JSON.parse(outbound.command('queue', 'list', '--json')))
        outbound.command('queue', 'remove', id)
    }
  }
}

/** A well-behaved client from another address, again and again: it must be served while others misbehave. */
function watch(port) {
  let stopped = false
  let slow
  const over = (async () => {
    while (!stopped) {
      const began = performance.now()
      try {
        const talker = await Talker.open(port, '127.0.0.1', { localAddress: '127.0.0.9' })
        await talker.ask(undefined, '220')
        await talker.ask('EHLO canary.test', '250')
        await talker.ask('QUIT', '221')
        talker.close()
      } catch (error) {
        slow ??= `a canary was not served: ${error.message}`
      }
      const took = performance.now() - began
      if (took > 1_000 * slack) slow ??= `a canary took ${took.toFixed(0)} ms`
      await sleep(200)
    }
  })()
  return {
    async stop() {
      stopped = true
      await over
      return slow
    },
  }
}

const mailboxes = ['alice', 'bob', 'postmaster']

const listed = (mail) => mailboxes.flatMap((box) => messagesIn(join(mail, box)).map((_, at) => `${box}/${at}`))

const message = (octets) =>
  Buffer.from(
    `From: <alice@local.test>\r\nTo: <user@sink.test>\r\nSubject: t\r\n\r\n${'x'.repeat(62)}\r\n`
      .padEnd(octets - 2, 'y')
      .concat('\r\n'),
  )

const KNOWN_FILES = new Set(['angarium.yaml', 'data', 'log', 'probe.sock', 'users'])
