import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { answering, start } from './process.mjs'
import { freePort, same, until } from './stage.mjs'

export const mtaProgram = join(import.meta.dirname, '../../apps/mta/dist/main.js')

/**
 * The built MTA as a process of its own, on `stage`'s folder.
 *
 * @param config what differs from a server that takes mail for nobody
 */
export async function startMta(stage, config, { name = 'mta', under = [], env = {} } = {}) {
  const directory = join(stage.directory, name)
  mkdirSync(directory, { recursive: true })
  const port = config.listeners?.[0]?.port ?? (await freePort())
  const file = join(directory, 'angarium.yaml')
  const whole = {
    hostname: 'mx.local.test',
    data: join(directory, 'data'),
    listeners: [{ address: '127.0.0.1', port }],
    ...config,
  }
  writeFileSync(file, JSON.stringify(whole, undefined, 2))
  const log = join(directory, 'log')
  const probe = join(directory, 'probe.sock')
  const command = [...under, process.execPath, '--import', join(import.meta.dirname, 'probe.mjs'), mtaProgram]
  const mta = {
    directory,
    config: whole,
    file,
    port,
    log,
    process: undefined,
    async start() {
      mta.process = start(command[0], [...command.slice(1), 'serve', '--config', file], {
        log,
        env: { ...process.env, ...env, ANGARIUM_PROBE: probe },
      })
      await answering(mta.process, port)
    },
    stop: () => mta.process.stop(),
    async kill() {
      mta.process.kill('SIGKILL')
      await mta.process.ended
    },
    /** Lines of the log that are JSON, from `after` on (a mark of `position`). */
    events(after = 0) {
      if (!existsSync(log)) return []
      const text = readFileSync(log).subarray(after).toString('utf8')
      return text.split('\n').flatMap((line) => {
        if (!line.startsWith('{')) return []
        try {
          return [JSON.parse(line)]
        } catch {
          return []
        }
      })
    },
    position: () => (existsSync(log) ? statSync(log).size : 0),
    /** Runs the command line against this server. */
    command(...args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [mtaProgram, ...args, '--config', file], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      })
      if (status !== 0) throw new Error(`angarium ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
      return stdout
    },
    /** The queue's own counters, from the running server. */
    stats: async () => JSON.parse((await ask(join(whole.data, 'admin.sock'), '/stats')).split('\n')[0]).value,
    /** Waits until nothing is queued. */
    async drained(seconds = 120) {
      await until('the queue is empty', async () => (await mta.stats()).queued === 0, seconds)
    },
    /** Memory and the longest stall of the event loop since the last call, from inside the process. */
    measure: async () => JSON.parse(await ask(probe, '/')),
  }
  await mta.start()
  stage.atEnd(async () => {
    if (!mta.process.running) return
    await stage.check(`${name}: the ledger adds up`, async () => checkLedger(await mta.stats()))
    await mta.stop()
    await stage.check(`${name}: SIGTERM ends it with 0`, async () =>
      same(await mta.process.ended, { code: 0, signal: null }, 'end'),
    )
  })
  return mta
}

/** Accepted = delivered + relayed + failed + removed + queued + held, per recipient. */
export function checkLedger(stats) {
  const { accepted, delivered, relayed, failed, removed, queued, held } = stats
  same(delivered + relayed + failed + removed + queued + held, accepted, 'recipients accounted for')
  same(stats.corrupt, 0, 'corrupt messages')
}

function ask(socketPath, path) {
  return new Promise((answered, failed) => {
    const asking = request({ socketPath, path, method: 'POST', agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        text += piece
      })
      response.on('end', () => answered(text))
    })
    asking.on('error', failed)
    asking.end()
  })
}
