import type { EventEmitter } from 'node:events'
import { constants } from 'node:os'
import type { HostLog } from '../log/logger.ts'
import { exitCodes } from './exit-codes.ts'

/** Something that runs until it is told to stop. */
export interface Service {
  /** Comes to an orderly end; work that needs longer than `deadlineMs` is given up in a way that loses nothing. */
  stop(deadlineMs: number): Promise<void>
}

/** The part of Node's `process` that a service's life hangs on. */
export interface ProcessLike extends Pick<EventEmitter, 'on' | 'off'> {
  exit(code: number): unknown
}

/** How to run a {@link Service}. */
export interface RunOptions {
  /** Brings the service up. When it rejects, the run rejects with the same. */
  start(): Promise<Service>
  /** What `stop` gets as its deadline. */
  readonly drainMs: number
  /** A `stop` that needs so much longer than its deadline is broken: the process ends with code 70. Default 10,000. */
  readonly graceMs?: number
  readonly log: HostLog
  readonly process?: ProcessLike
  /** Default Node's timer. */
  after?(delayMs: number, run: () => void): () => void
  /** Milliseconds that never run back. Default Node's. */
  monotonic?(): number
}

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm and the like. */
const echoMs = 500

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Runs a service until a signal or an uncaught error ends it. The first signal begins an orderly stop; one that comes
 * later, and not as an echo of the first, ends the process at once with 128 plus its number.
 *
 * @returns the exit code: 0 after a signal, 70 after an uncaught error or a `stop` that failed.
 */
export async function runService(options: RunOptions): Promise<number> {
  const { start, drainMs, graceMs = 10_000, log, process: host = process, after = nodeAfter } = options
  const { monotonic = () => performance.now() } = options
  let code: number = exitCodes.ok
  let endingSince: number | undefined
  let end = (): void => undefined
  const asked = new Promise<void>((resolve) => {
    end = () => {
      endingSince ??= monotonic()
      resolve()
    }
  })
  const onSignal = (signal: (typeof signals)[number]): void => {
    if (endingSince !== undefined) {
      if (monotonic() - endingSince < echoMs) return
      log.warn('forced', { signal })
      host.exit(128 + constants.signals[signal])
      return
    }
    log.info('stopping', { signal })
    end()
  }
  const onError = (error: unknown): void => {
    log.error('uncaught', { error })
    code = exitCodes.software
    end()
  }
  for (const signal of signals) host.on(signal, onSignal)
  host.on('uncaughtException', onError)
  host.on('unhandledRejection', onError)
  try {
    const service = await start()
    await asked
    const cancel = after(drainMs + graceMs, () => {
      log.error('stop-overdue', { drainMs, graceMs })
      host.exit(exitCodes.software)
    })
    try {
      await service.stop(drainMs)
    } catch (error) {
      log.error('stop-failed', { error })
      code = exitCodes.software
    }
    cancel()
    log.info('stopped', { code })
    return code
  } finally {
    for (const signal of signals) host.off(signal, onSignal)
    host.off('uncaughtException', onError)
    host.off('unhandledRejection', onError)
  }
}

function nodeAfter(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
