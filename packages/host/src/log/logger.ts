import type { Writable } from 'node:stream'
import { pino } from 'pino'
import { bounded } from './bounded.ts'
import { Turn } from './turn.ts'

/** From talkative to silent. */
export type LogLevel = 'info' | 'warn' | 'error' | 'silent'

/** Events with their fields. What comes from outside is data: its length is capped and it is escaped. */
export interface HostLog {
  info(event: string, fields: Readonly<Record<string, unknown>>): void
  warn(event: string, fields: Readonly<Record<string, unknown>>): void
  error(event: string, fields: Readonly<Record<string, unknown>>): void
}

/** How and where to log. */
export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel
  /** A file to append to, or a stream; default the standard output. */
  readonly to?: string | Writable
  /** Milliseconds since 1970-01-01; default the machine's clock. */
  now?(): number
  /** Characters of a text that are kept. Default 1,000. */
  readonly maxText?: number
}

/**
 * Makes a log of JSON lines: `level`, `time` (ISO 8601, UTC), `msg` (the event), then the fields. Warnings and errors, and
 * all before them, are with the system when the call returns; the rest is at the end of the event loop's turn, so that a
 * killed process loses no more than what it did last. Only a reader of the standard output that does not keep up makes
 * lines wait, and beyond 8 MiB they are dropped and counted. Nothing about the log stops the server.
 *
 * @throws the system's error when the file cannot be opened.
 */
export function createLogger(options: LoggerOptions = {}): HostLog {
  const { level = 'info', to = process.stdout, now = Date.now, maxText = 1_000 } = options
  const time = clockFace(now)
  const lost = (count: number): string =>
    `${JSON.stringify({ level: 'warn', time: time(), msg: 'log-lines-dropped', count })}\n`
  const sink = typeof to === 'string' ? fileSink(to) : streamSink(to, lost)
  const turn = new Turn((lines) => void sink.write(lines))
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${time()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => turn.add(escaped(line)) },
  )
  const tell =
    (severity: 'info' | 'warn' | 'error') =>
    (event: string, fields: Readonly<Record<string, unknown>>): void => {
      if (!logger.isLevelEnabled(severity)) return
      logger[severity](bounded(event, fields, maxText))
      if (severity !== 'info') turn.flush()
    }
  return { info: tell('info'), warn: tell('warn'), error: tell('error') }
}

/** The time as text, made once for all lines of a millisecond. */
function clockFace(now: () => number): () => string {
  let at: number | undefined
  let face = ''
  return () => {
    const instant = now()
    if (instant !== at) {
      at = instant
      face = new Date(instant).toISOString()
    }
    return face
  }
}

interface Sink {
  write(lines: string): unknown
}

function fileSink(file: string): Sink {
  const sink = pino.destination({ dest: file, sync: true, append: true })
  let told = false
  sink.on('error', (error: Error) => {
    if (!told) process.stderr.write(`the log cannot be written: ${error.message}\n`)
    told = true
  })
  return sink
}

/** Octets that may wait for a slow reader. */
const maxWaiting = 8_388_608

/** `tellDropped` makes the line that says how many are missing. */
function streamSink(stream: Writable, tellDropped: (count: number) => string): Sink {
  let dropped = 0
  // A reader that has gone is no reason to go as well.
  stream.on('error', () => undefined)
  return {
    write(lines) {
      if (stream.writableLength > maxWaiting) {
        dropped += lines.split('\n').length - 1
        return
      }
      stream.write(dropped === 0 ? lines : tellDropped(dropped) + lines)
      dropped = 0
    },
  }
}

/**
 * JSON lets through what terminals and pagers obey: C1 controls, line separators, changes of direction. All of it can
 * stand in texts only, where an escape means the same.
 */
function escaped(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
