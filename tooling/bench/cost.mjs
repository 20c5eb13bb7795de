// What one accepted message costs the built MTA: processor time by thread, how late its event loop is, and its memory.
// Processor time is what can be compared between two builds on a machine that has other work too; the rate is not.
//   node tooling/bench/cost.mjs --sessions=50 --octets=4096 --messages=20000 --runs=3 [--one]
// --one: one message per connection. NODE_ARGS goes to the server's Node, such as --cpu-prof.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startMta } from '../interop/mta.mjs'
import { createStage, until } from '../interop/stage.mjs'
import { load } from './source.mjs'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '50' },
    octets: { type: 'string', default: '4096' },
    messages: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '3' },
    one: { type: 'boolean', default: false },
  },
})
const messages = Number(values.messages)

const stage = createStage('cost', {})
try {
  await measure()
} finally {
  await stage.end()
}

async function measure() {
  const delays = join(stage.directory, 'loop-delay')
  const limit = { connections: 20_000, connectionsPerAddress: 20_000 }
  const config = { relayFor: ['127.0.0.0/8'], limits: limit, delivery: { paused: true } }
  const options = `${process.env.NODE_ARGS ?? ''} --import=${join(import.meta.dirname, 'loop-delay.mjs')}`
  const mta = await startMta(stage, config, { env: { NODE_OPTIONS: options, ANGARIUM_LOOP_DELAY: delays } })
  const { pid } = mta.process
  const loopDelay = async () => {
    rmSync(delays, { force: true })
    process.kill(pid, 'SIGUSR2')
    await until('the loop delay is told', () => existsSync(delays), 5)
    return JSON.parse(readFileSync(delays, 'utf8'))
  }
  const { sessions, octets, one } = values
  load(mta.port, { sessions, octets, one, messages: Math.ceil(messages / 2) })
  for (let run = 0; run < Number(values.runs); run++) {
    await loopDelay()
    const [before, sourceBefore] = [threads(pid), childrenMicros()]
    const took = load(mta.port, { sessions, octets, one, messages })
    const late = await loopDelay()
    // What the store does behind the last 250 belongs to these messages too.
    await sleep(200)
    const costs = new Map()
    for (const [id, { name, micros }] of threads(pid))
      costs.set(name, (costs.get(name) ?? 0) + (micros - (before.get(id)?.micros ?? 0)) / messages)
    const each = [...costs]
      .filter(([, micros]) => micros >= 0.5)
      .map(([name, micros]) => `${name} ${micros.toFixed(1)}`)
    const whole = [...costs.values()].reduce((sum, micros) => sum + micros, 0)
    const { rss } = await mta.measure()
    console.log(
      `${((messages / took) * 1000).toFixed(0)} msg/s · us/msg ${whole.toFixed(1)} (${each.join(', ')}), ` +
        `source ${((childrenMicros() - sourceBefore) / messages).toFixed(1)} · loop late by p50 ${late.p50.toFixed(1)} ` +
        `p99 ${late.p99.toFixed(1)} max ${late.max.toFixed(1)} ms · ${(rss / 2 ** 20).toFixed(0)} MB`,
    )
  }
}

/** Processor time of each thread so far, by its number. The store's thread, V8's and libuv's have names; ours is `main`. */
function threads(pid) {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((id) => {
      const at = `/proc/${pid}/task/${id}`
      const name = id === String(pid) ? 'main' : readFileSync(`${at}/comm`, 'utf8').trim()
      return [id, { name, micros: Number(readFileSync(`${at}/schedstat`, 'utf8').split(' ')[0]) / 1000 }]
    }),
  )
}

/** Processor time of the children of this process that have ended. */
function childrenMicros() {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = 100
  return ((Number(fields[13]) + Number(fields[14])) * 1e6) / ticks
}
