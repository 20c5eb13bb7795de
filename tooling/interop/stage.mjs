import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a scenario plays on: a folder of its own, checks that are counted, and what must be stopped at the end. */
export function createStage(name, { keep }) {
  const directory = mkdtempSync(join(tmpdir(), `angarium-${name}-`))
  const endings = []
  const stage = {
    directory,
    passed: 0,
    failed: 0,
    skipped: 0,
    say: (text) => console.log(`  ${text}`),
    /** Runs one check; what it throws is its failure. Answers whether it passed. */
    async check(what, run) {
      try {
        await run()
        stage.pass(what)
        return true
      } catch (error) {
        stage.fail(what, error)
        return false
      }
    },
    pass(what) {
      stage.passed++
      console.log(`  ok    ${what}`)
    },
    fail(what, error) {
      stage.failed++
      console.log(`  FAIL  ${what}\n        ${String(error?.stack ?? error).replaceAll('\n', '\n        ')}`)
    },
    skip(what, why) {
      stage.skipped++
      console.log(`  skip  ${what}: ${why}`)
    },
    /** Called at the end, last one first. */
    atEnd: (stop) => endings.push(stop),
    async end() {
      for (const stop of endings.reverse()) {
        try {
          await stop()
        } catch (error) {
          stage.fail('what the scenario started comes to its end', error)
        }
      }
      if (keep || stage.failed > 0) stage.say(`its files are in ${directory}`)
      else rmSync(directory, { recursive: true, force: true })
    },
  }
  return stage
}

export function holds(condition, what) {
  if (!condition) throw new Error(what)
}

export function same(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`)
}

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms))

/** Waits until `ready` answers something true, and answers that. Gives up loudly after `seconds`. */
export async function until(what, ready, seconds = 60) {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ready()
    if (answer) return answer
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`)
    await sleep(50)
  }
}

/** A port that was free on this address a moment ago. */
export function freePort(address = '127.0.0.1') {
  return new Promise((found, failed) => {
    const server = createServer()
    server.on('error', failed)
    server.listen(0, address, () => {
      const { port } = server.address()
      server.close(() => found(port))
    })
  })
}
