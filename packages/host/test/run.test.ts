import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type RunOptions, runService } from '../src/index.ts'

class FakeProcess extends EventEmitter {
  exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

function rig(options: Partial<RunOptions> = {}) {
  const process = new FakeProcess()
  const events: string[] = []
  let time = 0
  const timers: { delay: number; run: () => void }[] = []
  const tell = (event: string): void => void events.push(event)
  let release = (): void => undefined
  const running = runService({
    start: async () => ({
      stop: (deadline) => {
        events.push(`stop ${deadline}`)
        return new Promise((resolve) => {
          release = resolve
        })
      },
    }),
    drainMs: 500,
    graceMs: 100,
    log: { info: tell, warn: tell, error: tell },
    process,
    monotonic: () => time,
    after: (delay, run) => {
      const timer = { delay, run }
      timers.push(timer)
      return () => timers.splice(timers.indexOf(timer), 1)
    },
    ...options,
  })
  const pass = (ms: number): void => {
    time += ms
  }
  return { process, events, timers, running, pass, release: () => release() }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('drains on %s and ends with 0', async (signal) => {
    const { process, events, timers, running, release } = rig()
    await turn()
    process.emit(signal, signal)
    await turn()
    expect(events).toEqual(['stopping', 'stop 500'])
    expect(timers.map(({ delay }) => delay)).toEqual([600])
    release()
    expect(await running).toBe(0)
    expect(events.at(-1)).toBe('stopped')
    expect(timers).toEqual([])
    expect(process.eventNames()).toEqual([])
  })

  it('ends at once on a second signal, unless that is an echo of the first', async () => {
    const { process, events, pass } = rig()
    await turn()
    process.emit('SIGTERM', 'SIGTERM')
    pass(400)
    process.emit('SIGINT', 'SIGINT')
    expect(process.exits).toEqual([])
    pass(200)
    process.emit('SIGINT', 'SIGINT')
    expect(process.exits).toEqual([130])
    expect(events).toContain('forced')
  })

  it('keeps a signal that comes while starting', async () => {
    let up = (): void => undefined
    const started = new Promise<void>((resolve) => {
      up = resolve
    })
    const { process, running } = rig({
      start: async () => {
        await started
        return { stop: async () => undefined }
      },
    })
    process.emit('SIGINT', 'SIGINT')
    up()
    expect(await running).toBe(0)
  })

  it.each(['uncaughtException', 'unhandledRejection'])(
    'logs %s, then stops in order, and says so by 70',
    async (kind) => {
      const { process, events, running, release } = rig()
      await turn()
      process.emit(kind, new Error('bug'))
      await turn()
      process.emit(kind, new Error('another while stopping'))
      release()
      expect(await running).toBe(70)
      expect(events).toEqual(['uncaught', 'stop 500', 'uncaught', 'stopped'])
      expect(process.exits).toEqual([])
    },
  )

  it('does not wait for ever for a stop that does not come to its end', async () => {
    const { process, events, timers } = rig()
    await turn()
    process.emit('SIGTERM', 'SIGTERM')
    await turn()
    timers[0]?.run()
    expect(process.exits).toEqual([70])
    expect(events).toContain('stop-overdue')
  })

  it('says by 70 that the stop failed', async () => {
    const { process, events, running } = rig({ start: async () => ({ stop: () => Promise.reject(new Error('no')) }) })
    process.emit('SIGTERM', 'SIGTERM')
    expect(await running).toBe(70)
    expect(events).toContain('stop-failed')
  })

  it('rejects when the start does, and lets go of the process', async () => {
    const { process, running } = rig({ start: () => Promise.reject(new Error('locked')) })
    await expect(running).rejects.toThrow('locked')
    expect(process.eventNames()).toEqual([])
  })
})
