import { exitCodes } from '@angarium/host'
import type { Console } from './console.ts'
import { UsageError } from './console.ts'
import { usage } from './usage.ts'

type Command = (args: readonly string[], console: Console) => number | Promise<number>

// Loaded when called: `--help` should not wait for a mail server.
const commands = new Map<string, () => Promise<Command>>([
  ['serve', async () => (await import('./serve.ts')).serveCommand],
  ['config', async () => (await import('./config.ts')).configCommand],
  ['send', async () => (await import('./send.ts')).sendCommand],
  ['queue', async () => (await import('./queue.ts')).queueCommand],
  ['demo', async () => (await import('../demo.ts')).demoCommand],
  ['version', async () => (await import('./version.ts')).versionCommand],
  ['help', async () => (_, console) => helpCommand(console)],
])

/** Runs one command; answers the exit code. */
export async function run([first, ...rest]: readonly string[], console: Console): Promise<number> {
  const name = first === '--help' || first === '-h' ? 'help' : first === '--version' ? 'version' : first
  const command = name === undefined ? undefined : commands.get(name)
  if (command === undefined) {
    console.err(name === undefined ? usage : `angarium: there is no command ${name}; see angarium help`)
    return exitCodes.usage
  }
  if (rest.includes('--help')) return helpCommand(console)
  try {
    return await (await command())(rest, console)
  } catch (error) {
    if (isUsage(error)) {
      console.err(`angarium ${name}: ${error.message}`)
      return exitCodes.usage
    }
    const { troubleOf } = await import('./trouble.ts')
    const trouble = troubleOf(error)
    console.err(`angarium ${name}: ${trouble?.text ?? (error instanceof Error ? error.stack : error)}`)
    return trouble?.code ?? exitCodes.software
  }
}

function helpCommand(console: Console): number {
  console.out(usage)
  return exitCodes.ok
}

/** Ours, or that of `parseArgs`. */
function isUsage(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    (error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS'))
  )
}
