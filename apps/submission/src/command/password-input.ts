import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Secret } from '@angarium/sasl'

/**
 * Reads a password: twice from a terminal, which does not show it, or else the first line of the standard input.
 *
 * @returns `undefined` when there is none, or the second differs.
 */
export async function readPassword(): Promise<Secret | undefined> {
  const password = process.stdin.isTTY ? await typed() : readFileSync(0, 'utf8').split(/\r?\n/, 1)[0]
  return password ? new Secret(password) : undefined
}

async function typed(): Promise<string | undefined> {
  const { stdin, stderr } = process
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: stdin, output: muted, terminal: true })
  // Ctrl-C and Ctrl-D end it without an answer.
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  terminal.once('SIGINT', () => terminal.close())
  const ask = async (prompt: string): Promise<string> => {
    stderr.write(prompt)
    const answer = await Promise.race([terminal.question(''), ended])
    stderr.write('\n')
    return answer
  }
  try {
    const password = await ask('Password: ')
    return password !== '' && (await ask('Once more: ')) === password ? password : undefined
  } finally {
    terminal.close()
  }
}
