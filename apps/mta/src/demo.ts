import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { createLogger, exitCodes, type HostLog, loadConfig, parseConfig, runService } from '@angarium/host'
import { formatDate } from '@angarium/imf-parser'
import { QueueError } from '@angarium/queue'
import { ensureFolder } from '@angarium/station'
import { type Console, visible } from '@angarium/station/command'
import { production } from './compose/production.ts'
import { configSchema } from './config/schema.ts'

const domain = 'example.test'
const usualPort = 2525

/** `angarium demo`, and so `npm start`: a server for this machine alone, with a mailbox for every name. */
export async function demoCommand(args: readonly string[], console: Console): Promise<number> {
  parseArgs({ args: [...args], options: {} })
  const root = process.cwd()
  const data = join(root, 'data')
  const shown = (path: string): string => quoted(relative(root, path))
  const port = await freePort(usualPort)
  if (port === undefined) {
    console.err(`angarium demo: no port between ${usualPort} and ${usualPort + 99} is free`)
    return exitCodes.unavailable
  }
  ensureFolder(data)
  const file = join(data, 'demo.yaml')
  const letter = join(data, 'hello.eml')
  const loaded = parseConfig(configSchema(data), configuration(port), file)
  if (loaded.kind === 'wrong') throw new Error(`${file}: ${loaded.problems[0]?.reason}`)
  const config = loaded.value
  const log = humanLog(createLogger({ to: join(data, 'mta.log') }), console)

  const run = runService({
    async start() {
      const mta = await production(config, log, (path, address) =>
        console.out(`delivered  <${visible(address)}>  ${shown(path)}`),
      )
      // Not before the queue is ours: the files may be those of a demo that runs.
      writeFileSync(file, configuration(port))
      writeFileSync(letter, hello(new Date()))
      if (port !== usualPort) console.out(`Port ${usualPort} is taken, so this is on ${port}.`)
      console.out(welcome(port, shown(letter), shown(data)))
      return {
        async stop(deadline) {
          console.out('\nFinishing what is under way. Ctrl-C again ends at once.')
          await mta.stop(deadline)
          console.out('Stopped. What is in the queue stays there.')
        },
      }
    },
    drainMs: config.drain,
    log,
  })
  return run.catch((error: unknown) => {
    if (!QueueError.is(error, 'QUEUE_LOCKED')) throw error
    const running = loadConfig(configSchema(data), file)
    const [listener] = running.kind === 'loaded' ? running.value.listeners : []
    const where = listener === undefined ? '' : `, on port ${listener.port}`
    console.err(`angarium demo: one is already running here${where}; its files are in ${shown(data)}`)
    return exitCodes.unavailable
  })
}

function welcome(port: number, letter: string, data: string): string {
  return `Angarium listens on 127.0.0.1 port ${port}. Mail to any name @${domain} is delivered here.

Send the first mail, from another terminal:
  curl smtp://127.0.0.1:${port} --mail-from you@${domain} --mail-rcpt hello@${domain} -T ${letter}
or
  swaks --server 127.0.0.1:${port} --from you@${domain} --to hello@${domain}

It appears as a file in ${data}/mail/hello/new/.
The configuration is ${data}/demo.yaml, the log ${data}/mta.log. Ctrl-C stops.
`
}

const configuration = (port: number): string => `# Written by \`angarium demo\` each time it starts.
hostname: mx.${domain}
data: .
listeners:
  - { address: 127.0.0.1, port: ${port} }
domains:
  ${domain}: { maildir: 'mail/{local}' }
`

/** The first port from here on that nobody listens at. */
async function freePort(first: number): Promise<number | undefined> {
  for (let port = first; port < first + 100; port++) if (await isFree(port)) return port
  return undefined
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.on('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** Tells the log's file everything, and people what they want to see. */
function humanLog(log: HostLog, console: Console): HostLog {
  const tell =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, fields: Readonly<Record<string, unknown>>): void => {
      log[level](event, fields)
      const line = humanLine(event, fields)
      if (line !== undefined) console.out(line)
    }
  return { info: tell('info'), warn: tell('warn'), error: tell('error') }
}

function humanLine(event: string, fields: Readonly<Record<string, unknown>>): string | undefined {
  const { id, reversePath, recipients, size, recipient, because } = fields
  const shown = (value: unknown): string => visible(String(value))
  switch (event) {
    case 'accepted':
      return `accepted   <${shown(reversePath)}> to ${[recipients].flat().map((one) => `<${shown(one)}>`)}, ${size} octets, ${id}`
    case 'deferred':
    case 'failed':
    case 'expired':
      return `${event.padEnd(9)}  <${shown(recipient)}>: ${shown(because)}`
    default:
      return undefined
  }
}

function hello(now: Date): string {
  return [
    `From: You <you@${domain}>`,
    `To: Hello <hello@${domain}>`,
    'Subject: Hello',
    `Date: ${formatDate(now.getTime())}`,
    `Message-ID: <${now.getTime()}.demo@${domain}>`,
    '',
    'A first letter by the Royal Road.',
    '',
  ].join('\r\n')
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
