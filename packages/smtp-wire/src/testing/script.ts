import type { Clock } from '../drive/environment.ts'
import type { Transport } from '../drive/transport.ts'
import { concat, DOT, encodeUtf8, LF, nothing } from '../octets.ts'

/** How a script is played. */
export interface ScriptOptions {
  /** Whose lines are sent; those of the other side are awaited. Default `server`. */
  readonly role?: 'server' | 'client'
  /** For `-- wait`. */
  readonly clock?: Clock
}

/** What came of a script. */
export interface ScriptReport {
  /** What was expected and what came instead; absent when all of the script was played. */
  readonly failure?: string
  /** Lines received, without their end. Octets that are not printable show as `\xHH`. */
  readonly lines: readonly string[]
  /** The octets of each `...`, as they came, without the lone dot. */
  readonly contents: readonly Uint8Array[]
}

/**
 * Plays one side of a session over a transport, and closes it at the end of the script or at the first line that does
 * not match. Never rejects.
 *
 * ```text
 * S: 220 mx.test            a line to send, with its CRLF; \r \n \0 \\ \xHH are octets
 * S: 250 half a li\         a trailing backslash: no CRLF
 * C: MAIL FROM:<*>*         a line to wait for; * stands for anything
 * C: ...                    content to wait for, up to a line with a lone dot
 * -- tls                    handshake, in this script's role
 * -- wait 5000              milliseconds of the clock
 * -- end                    ends this side only, where the transport can; else closes
 * -- closed                 waits until the peer has ended
 * -- destroy                cuts
 * ```
 * @throws Error (as a rejection) for a script that cannot be read
 */
export async function playScript(
  transport: Transport,
  script: string,
  options: ScriptOptions = {},
): Promise<ScriptReport> {
  const player = new Player(transport, options)
  for (const line of script.split('\n').map((text) => text.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const failure = await player.play(line)
    if (failure !== undefined) return player.report(failure)
  }
  return player.report(undefined)
}

class Player {
  readonly #transport: Transport
  readonly #clock: Clock | undefined
  readonly #role: 'server' | 'client'
  readonly #lines: string[] = []
  readonly #contents: Uint8Array[] = []
  #input: Uint8Array = nothing

  constructor(transport: Transport, { role = 'server', clock }: ScriptOptions) {
    this.#transport = transport
    this.#role = role
    this.#clock = clock
  }

  report(failure: string | undefined): ScriptReport {
    this.#transport.close()
    return { lines: this.#lines, contents: this.#contents, ...(failure !== undefined && { failure }) }
  }

  /** Plays one line; returns what went wrong. */
  async play(line: string): Promise<string | undefined> {
    const [, mark = '', text = ''] = /^(S:|C:|--) ?(.*)$/.exec(line) ?? []
    if (mark === '') throw new Error(`not a line of a script: ${line}`)
    if (mark === '--') return this.#direct(text)
    if ((mark === 'S:') === (this.#role === 'server')) {
      await this.#transport.write(octetsOf(text))
      return undefined
    }
    return text === '...' ? this.#awaitContent() : this.#awaitLine(text)
  }

  async #direct(text: string): Promise<string | undefined> {
    const [word, argument] = text.split(' ')
    switch (word) {
      case 'tls':
        return this.#transport.startTls({ role: this.#role }).then(
          () => {
            this.#input = nothing
            return undefined
          },
          (error: unknown) => String(error),
        )
      case 'wait':
        await new Promise<void>((resolve) => this.#clock?.after(Number(argument), resolve))
        return undefined
      case 'end':
        if ('end' in this.#transport) (this.#transport as { end(): void }).end()
        else this.#transport.close()
        return undefined
      case 'closed':
        while ((await this.#transport.read()) !== undefined);
        return undefined
      case 'destroy':
        this.#transport.destroy()
        return undefined
      default:
        throw new Error(`not a direction of a script: ${text}`)
    }
  }

  async #awaitLine(pattern: string): Promise<string | undefined> {
    const octets = await this.#line()
    if (octets === undefined) return `expected ${pattern}, and the peer ended`
    const line = showOctets(octets)
    this.#lines.push(line)
    return matches(line, pattern) ? undefined : `expected ${pattern}, got ${line}`
  }

  async #awaitContent(): Promise<string | undefined> {
    const lines: Uint8Array[] = []
    for (;;) {
      const line = await this.#line()
      if (line === undefined) return 'expected content, and the peer ended'
      if (line.length === 3 && line[0] === DOT) break
      lines.push(line)
    }
    this.#contents.push(concat(lines))
    return undefined
  }

  /** The next line with its end. */
  async #line(): Promise<Uint8Array | undefined> {
    for (let from = 0; ; ) {
      const lf = this.#input.indexOf(LF, from)
      if (lf !== -1) {
        const line = this.#input.slice(0, lf + 1)
        this.#input = this.#input.subarray(lf + 1)
        return line
      }
      from = this.#input.length
      const octets = await this.#transport.read()
      if (octets === undefined) return undefined
      this.#input = concat([this.#input, octets])
    }
  }
}

function octetsOf(text: string): Uint8Array {
  const parts: Uint8Array[] = []
  const whole = text.endsWith('\\') && !text.endsWith('\\\\')
  for (const [piece] of (whole ? text.slice(0, -1) : text).matchAll(/\\x[0-9A-Fa-f]{2}|\\[rn0\\]|[^\\]+/g)) {
    const octet = piece.startsWith('\\x') ? Number.parseInt(piece.slice(2), 16) : ESCAPES.get(piece)
    parts.push(octet === undefined ? encodeUtf8(piece) : Uint8Array.of(octet))
  }
  if (!whole) parts.push(encodeUtf8('\r\n'))
  return concat(parts)
}

function showOctets(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) {
    if (octet >= 0x20 && octet < 0x7f) text += String.fromCharCode(octet)
    else text += `\\x${octet.toString(16).padStart(2, '0')}`
  }
  return text.endsWith('\\x0d\\x0a') ? text.slice(0, -8) : text
}

/** `*` for any run; the rest as it is. */
function matches(line: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return line === pattern
  const last = rest.pop() ?? ''
  if (!line.startsWith(first) || !line.endsWith(last) || line.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = line.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= line.length - last.length
}

const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['\\r', 0x0d],
  ['\\n', 0x0a],
  ['\\0', 0x00],
  ['\\\\', 0x5c],
])
