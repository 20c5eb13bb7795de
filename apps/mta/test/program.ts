import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const node = ['--conditions=@angarium/source', main]

/** Runs `angarium` to its end. */
export function angarium(args: readonly string[], options: { readonly cwd: string; readonly input?: string }) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    ...options,
  })
  return { status, stdout, stderr }
}

/** `angarium` at work. */
export interface Program {
  readonly process: ChildProcess
  readonly output: () => string
  /** Resolves once the output has this; rejects when the program ends without. */
  says(text: string): Promise<void>
  /** Sends a signal; resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

/** Starts `angarium` and leaves it running. */
export function startAngarium(args: readonly string[], cwd: string): Program {
  const child = spawn(process.execPath, [...node, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let look = (): void => undefined
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      look()
    })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  )
  return {
    process: child,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (output.includes(text)) resolve()
        }
        void ended.then((code) => reject(new Error(`it ended with ${code}, without "${text}":\n${output}`)))
        look()
      }),
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** A port nobody listens at just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
