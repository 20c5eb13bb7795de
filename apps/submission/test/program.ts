import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** `angarium-submission` as a process. */
export interface Program {
  /** What it has printed so far. */
  output(): string
  /** Resolves once the output has this; rejects when the program ends without. */
  says(text: string): Promise<void>
  readonly ended: Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>
  kill(signal: NodeJS.Signals): void
}

/** Starts it with its arguments, and with an input if it has one. */
export function start(args: readonly string[], cwd: string, input?: string): Program {
  const child = spawn(process.execPath, ['--conditions=@angarium/source', main, ...args], { cwd })
  const heard = { stdout: '', stderr: '' }
  let look = (): void => undefined
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text
      look()
    })
  child.stdin.end(input)
  const ended: Program['ended'] = new Promise((resolve) => child.on('close', (status) => resolve({ status, ...heard })))
  return {
    output: () => heard.stdout,
    says: (text) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (heard.stdout.includes(text)) resolve()
        }
        void ended.then(() => reject(new Error(`it ended without "${text}":\n${heard.stdout}${heard.stderr}`)))
        look()
      }),
    ended,
    kill: (signal) => void child.kill(signal),
  }
}
