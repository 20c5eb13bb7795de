import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { answering, start } from './process.mjs'
import { freePort, same, until } from './stage.mjs'

/**
 * One of the built servers, ready to start as a process of its own, on `stage`'s folder. Its port is that of its first
 * listener.
 *
 * @param program the app's main.js
 * @param config what differs from a server on a port of its own
 */
export async function prepareServer(stage, program, config, { name, under = [], env = {} }) {
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
  const command = [...under, process.execPath, '--import', join(import.meta.dirname, 'probe.mjs'), program]
  const server = {
    directory,
    config: whole,
    file,
    port,
    log,
    process: undefined,
    async start() {
      server.process = start(command[0], [...command.slice(1), 'serve', '--config', file], {
        log,
        env: { ...process.env, ...env, ANGARIUM_PROBE: probe },
      })
      await answering(server.process, port)
    },
    stop: () => server.process.stop(),
    async kill() {
      server.process.kill('SIGKILL')
      await server.process.ended
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
    command: (...args) => server.commandOn('', ...args),
    /** The same, with text on its standard input. */
    commandOn(input, ...args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, '--config', file], {
        input,
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      })
      if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
      return stdout
    },
    /** The queue's own counters, from the running server. */
    stats: async () => JSON.parse((await ask(join(whole.data, 'admin.sock'), '/stats')).split('\n')[0]).value,
    /** Waits until nothing is queued. */
    async drained(seconds = 120) {
      await until('the queue is empty', async () => (await server.stats()).queued === 0, seconds)
    },
    /** Memory and the longest stall of the event loop since the last call, from inside the process. */
    measure: async () => JSON.parse(await ask(probe, '/')),
  }
  stage.atEnd(async () => {
    if (!server.process?.running) return
    await stage.check(`${name}: the ledger adds up`, async () => checkLedger(await server.stats()))
    await server.stop()
    await stage.check(`${name}: SIGTERM ends it with 0`, async () =>
      same(await server.process.ended, { code: 0, signal: null }, 'end'),
    )
  })
  return server
}

/** Accepted is what is accounted for, per recipient. */
export function checkLedger(stats) {
  const { accepted, delivered, relayed, expanded, failed, expired, removed, queued, held } = stats
  const accounted = delivered + relayed + expanded + failed + expired + removed + queued + held
  same(accounted, accepted, 'recipients accounted for')
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
