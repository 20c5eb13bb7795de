import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { until } from './stage.mjs'

/** Starts a program with its output in a file. `stop` ends it, and kills it when it does not listen. */
export function start(command, args, { log, ...options }) {
  // Its own hold on the file: what it wrote is there at once, whatever this process is busy with.
  const output = openSync(log, 'a')
  const child = spawn(command, args, { stdio: ['ignore', output, output], ...options })
  closeSync(output)
  let failure
  child.on('error', (error) => {
    failure = error
  })
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })))
  return {
    child,
    pid: child.pid,
    ended,
    get running() {
      if (failure !== undefined) throw failure
      return child.exitCode === null && child.signalCode === null
    },
    kill: (signal) => child.kill(signal),
    async stop(signal = 'SIGTERM', seconds = 20) {
      if (child.exitCode !== null || child.signalCode !== null || failure !== undefined) return
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Resolves once something takes connections there; fails at once when the process behind it is gone. */
export function answering(process, port, address = '127.0.0.1') {
  return until(`a server on ${address}:${port}`, async () => {
    if (!process.running) throw new Error(`the server for ${address}:${port} ended before it answered`)
    const socket = connect(port, address)
    try {
      await once(socket, 'connect')
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  })
}
