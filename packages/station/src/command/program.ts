import { exitCodes } from '@angarium/host'
import { type Console, UsageError } from './console.ts'

/** Runs with its arguments; answers the exit code. */
export type Command = (args: readonly string[], console: Console) => number | Promise<number>

/** A command line: its name and what it can do. */
export interface Program {
  readonly name: string
  readonly version: string
  /** What `help` prints. */
  readonly usage: string
  /** By name, each loaded when it is called: `--help` should not wait for a mail server. */
  readonly commands: ReadonlyMap<string, () => Promise<Command>>
}

/** Runs one command of a program; `help` and `version` are there besides. Answers the exit code. */
export async function runCommand(
  program: Program,
  [first, ...rest]: readonly string[],
  console: Console,
): Promise<number> {
  const name = first === '--help' || first === '-h' ? 'help' : first === '--version' ? 'version' : first
  const command = name === undefined ? undefined : commandOf(program, name)
  if (command === undefined) {
    const unknown = `${program.name}: there is no command ${name}; see ${program.name} help`
    console.err(name === undefined ? program.usage : unknown)
    return exitCodes.usage
  }
  if (rest.includes('--help')) return help(program, console)
  try {
    return await (await command())(rest, console)
  } catch (error) {
    if (isUsage(error)) {
      console.err(`${program.name} ${name}: ${error.message}`)
      return exitCodes.usage
    }
    const { troubleOf } = await import('./trouble.ts')
    const trouble = troubleOf(error)
    console.err(`${program.name} ${name}: ${trouble?.text ?? (error instanceof Error ? error.stack : error)}`)
    return trouble?.code ?? exitCodes.software
  }
}

/** Runs a program as this process, to its end. */
export async function runProcess(program: Program): Promise<never> {
  const streams = [process.stdout, process.stderr]
  // Whoever reads may go before the end: `queue list | head`.
  for (const stream of streams) stream.on('error', () => undefined)
  const code = await runCommand(program, process.argv.slice(2), {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
  })
  // What a slow reader has not taken yet would be lost with the process.
  for (const stream of streams) await new Promise((written) => stream.write('', written))
  process.exit(code)
}

function commandOf(program: Program, name: string): (() => Promise<Command>) | undefined {
  if (name === 'help') return async () => (_, console) => help(program, console)
  if (name === 'version') return async () => (_, console) => version(program, console)
  return program.commands.get(name)
}

function help({ usage }: Program, console: Console): number {
  console.out(usage)
  return exitCodes.ok
}

function version({ name, version }: Program, console: Console): number {
  console.out(`${name} ${version}, Node ${process.versions.node}`)
  return exitCodes.ok
}

/** Ours, or that of `parseArgs`. */
function isUsage(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    (error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS'))
  )
}
