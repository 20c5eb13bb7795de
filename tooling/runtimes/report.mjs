// Reads what vitest reports of one runtime, and compares the runtimes.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** How much of the message of a failed test is told, in lines. */
const LINES = 8
/** How many tests that did not run are named. */
const NAMES = 10

/**
 * One run: its files, its faults in words, and the tests as `{ file, title }`, the `ran` and the `skipped`. A file that
 * could not be loaded is a fault. No report is no file.
 */
export function readReport(report, root) {
  const { testResults } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { testResults: [] }
  const run = { files: testResults.length, passed: 0, faults: [], ran: [], skipped: [] }
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(root, name)
    for (const test of assertionResults) {
      const its = { file, title: `${file} > ${test.fullName}` }
      if (test.status === 'passed') run.passed++
      if (test.status === 'failed') run.faults.push(told(its.title, test.failureMessages[0]))
      if (test.status === 'passed' || test.status === 'failed') run.ran.push(its)
      else run.skipped.push(its)
    }
    if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed'))
      run.faults.push(told(file, message))
  }
  return run
}

/** What failed and why, without the tools' own part of the stack. */
function told(what, message = '') {
  const lines = message.split('\n').filter((line) => !line.includes('/node_modules/'))
  return [what, ...lines.slice(0, LINES)].join('\n    ')
}

/**
 * A sentence for each run in which a test did not run that ran in another. `maySkip(file)`: a test of this file may have
 * been skipped, though not be unknown.
 */
export function unlike(runs, maySkip) {
  const most = new Map()
  const counted = runs.map(({ name, ran, skipped }) => {
    const times = new Map()
    for (const { title } of [...ran, ...skipped.filter(({ file }) => maySkip(file))])
      times.set(title, (times.get(title) ?? 0) + 1)
    for (const [title, count] of times) most.set(title, Math.max(count, most.get(title) ?? 0))
    return { name, times }
  })
  return counted.flatMap(({ name, times }) => {
    const missing = [...most].filter(([title, count]) => (times.get(title) ?? 0) < count).map(([title]) => title)
    if (missing.length === 0) return []
    const more = missing.length > NAMES ? [`and ${missing.length - NAMES} more`] : []
    return [[`${name}: did not run what others ran:`, ...missing.slice(0, NAMES), ...more].join('\n    ')]
  })
}
