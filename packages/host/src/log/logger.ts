import { pino } from 'pino'
import { bounded } from './bounded.ts'

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
  /** A file to append to, or where lines go; default the standard output. */
  readonly to?: string | { write(line: string): unknown }
  /** Milliseconds since 1970-01-01; default the machine's clock. */
  now?(): number
  /** Characters of a text that are kept. Default 1,000. */
  readonly maxText?: number
}

/**
 * Makes a log of JSON lines: `level`, `time` (ISO 8601, UTC), `msg` (the event), then the fields. A line is with the system when
 * the call returns, so that a killed process loses none. A log that cannot be written does not stop the server.
 *
 * @throws the system's error when the file cannot be opened.
 */
export function createLogger(options: LoggerOptions = {}): HostLog {
  const { level = 'info', to = '', now = Date.now, maxText = 1_000 } = options
  const sink = typeof to === 'string' ? destination(to) : to
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void sink.write(escaped(line)) },
  )
  const tell =
    (severity: 'info' | 'warn' | 'error') =>
    (event: string, fields: Readonly<Record<string, unknown>>): void =>
      logger[severity](bounded({ msg: event, ...fields }, maxText))
  return { info: tell('info'), warn: tell('warn'), error: tell('error') }
}

function destination(file: string): { write(line: string): unknown } {
  const sink = pino.destination({ dest: file === '' ? 1 : file, sync: true, append: true, mkdir: false })
  let told = false
  sink.on('error', (error: Error) => {
    if (!told) process.stderr.write(`the log cannot be written: ${error.message}\n`)
    told = true
  })
  return sink
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
