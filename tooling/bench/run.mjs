// `npm run bench`: messages per second of the built MTA beside Debian's Postfix, in one run on one machine, durable before
// each 250. Figures move with the machine; the ratio within a run is what counts.
//   npm run bench -- accept relay --sessions=1,10,50 --octets=4096,65536 --runs=3 --seconds=2
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startMta } from '../interop/mta.mjs'
import { startPostfix } from '../interop/peers/postfix.mjs'
import { answering, start } from '../interop/process.mjs'
import { createStage, freePort, until } from '../interop/stage.mjs'
import { env, load, program } from './source.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: 'string', default: '10,50' },
    octets: { type: 'string', default: '4096' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
  },
})
const cases = positionals.length > 0 ? positionals : ['accept', 'relay']
const numbers = (text) => text.split(',').map(Number)
const runs = Number(values.runs)
const seconds = Number(values.seconds)

/** A sink that counts what it got: a message is over when the sink has it. */
async function startCounter(stage) {
  const port = await freePort()
  const log = join(stage.directory, `smtp-sink-${port}`)
  const sink = start(program('smtp-sink'), ['-u', 'nobody', '-c', `127.0.0.1:${port}`, '1000'], {
    log,
    env,
  })
  stage.atEnd(() => sink.stop())
  await answering(sink, port)
  return port
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

for (const name of cases) {
  const stage = createStage(`bench-${name}`, {})
  try {
    await compare(name, stage)
  } finally {
    await stage.end()
  }
}

async function compare(name, stage) {
  const contestants = await startContestants(name, stage)
  console.log(`\n${name}: messages per second, median of ${runs} (min-max), smtp-source on the same cores`)
  for (const octets of numbers(values.octets))
    for (const sessions of numbers(values.sessions)) {
      const rates = new Map(contestants.map(({ peer }) => [peer, []]))
      const counts = new Map()
      for (let run = 0; run <= runs; run++)
        for (const { peer, port, settled } of contestants) {
          // The first load warms up and finds how many messages fill the time.
          const messages = run === 0 ? Math.max(200, sessions * 4) : counts.get(peer)
          const began = performance.now()
          let took = load(port, { sessions, octets, messages })
          if (settled !== undefined) {
            await settled()
            took = performance.now() - began
          }
          const rate = (messages / took) * 1000
          if (run === 0) counts.set(peer, Math.max(messages, Math.ceil(rate * seconds)))
          else rates.get(peer).push(rate)
        }
      const base = median(rates.get('postfix'))
      const cells = contestants.map(({ peer }) => {
        const list = rates.get(peer)
        const middle = median(list)
        return `${peer} ${middle.toFixed(0)} (${Math.min(...list).toFixed(0)}-${Math.max(...list).toFixed(0)})${peer === 'postfix' ? '' : ` = ${(middle / base).toFixed(2)} x postfix`}`
      })
      console.log(
        `  ${String(octets).padStart(8)} octets, ${String(sessions).padStart(3)} sessions: ${cells.join(' · ')}`,
      )
    }
}

async function startContestants(name, stage) {
  if (name === 'accept') {
    const postfix = await startPostfix(stage, {
      relayTo: 9,
      settings: [
        'smtpd_recipient_restrictions = check_client_access static:HOLD, permit_mynetworks, reject',
        'default_process_limit = 300',
      ],
    })
    const mta = await startMta(stage, {
      relayFor: ['127.0.0.0/8'],
      limits: { connectionsPerAddress: 1000 },
      delivery: { paused: true },
      log: { level: 'warn' },
    })
    return [
      { peer: 'floor', port: await startCounter(stage) },
      { peer: 'postfix', port: postfix.port },
      { peer: 'angarium', port: mta.port },
    ]
  }
  if (name === 'relay') {
    const sinkPort = await startCounter(stage)
    const postfix = await startPostfix(stage, { relayTo: sinkPort, settings: ['default_process_limit = 300'] })
    const mta = await startMta(stage, {
      relayFor: ['127.0.0.0/8'],
      limits: { connectionsPerAddress: 1000 },
      routes: { '*': { host: '127.0.0.1', port: sinkPort, tls: 'none' } },
      log: { level: 'warn' },
    })
    const empty = () =>
      spawnSync('sh', ['-c', `find '${postfix.directory}/spool/'*/ -type f -path '*/[adi][cen][tfc]*/*' | wc -l`], {
        encoding: 'utf8',
      }).stdout.trim() === '0'
    return [
      { peer: 'postfix', port: postfix.port, settled: () => until('postfix has delivered all', empty, 300) },
      { peer: 'angarium', port: mta.port, settled: () => mta.drained(300) },
    ]
  }
  console.error(`no case named ${name}; there are: accept, relay`)
  process.exit(2)
}
