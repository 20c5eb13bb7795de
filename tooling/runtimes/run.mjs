// `npm run runtimes`: the tests of the packages that promise to run anywhere, on three Nodes, Bun and Deno, by the same
// vitest, from sources that are left nothing but the language (language.mjs). What runs on one must run on all.
//   --only=bun,deno   those alone
//   --required        a runtime that cannot be fetched is a failure, not a skip; CI says it
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { env, root, tool } from '../checks/workspace.mjs'
import { fetchRuntimes, program, runtimes } from './pinned.mjs'
import { maySkip, pureTests } from './pure.mjs'
import { readReport, unlike } from './report.mjs'

/** How many faults, and how many skipped tests, are told of each runtime. */
const TOLD = 20

const { values } = parseArgs({ options: { only: { type: 'string' }, required: { type: 'boolean', default: false } } })
const named = values.only?.split(',') ?? runtimes.map((one) => one.name)
for (const name of named)
  if (!runtimes.some((one) => one.name === name)) {
    console.error(`no runtime named ${name}; there are: ${runtimes.map((one) => one.name).join(', ')}`)
    process.exit(2)
  }
const chosen = runtimes.filter((one) => named.includes(one.name))

const unfetched = fetchRuntimes()
if (unfetched !== undefined) {
  console.log(unfetched)
  for (const one of chosen) console.log(`${values.required ? 'FAILED' : 'SKIPPED'}: ${one.name} could not be fetched`)
  finish(0, values.required ? chosen.length : 0)
}

const tests = pureTests()
for (const { file, needs } of tests) if (needs !== undefined) console.log(`left out, it needs ${needs}: ${file}`)
const files = tests.filter(({ needs }) => needs === undefined)
// Such a test may put another module, clock or global in place, and must not do so for the files after it.
const alone = files.filter(({ text }) => /\bvi\./.test(text)).map(({ file }) => file)
const together = files.map(({ file }) => file).filter((file) => !alone.includes(file))

line('runtime', 'version', 'files', 'passed', 'failed', 'skipped', 'seconds')

const reports = mkdtempSync(join(tmpdir(), 'angarium-runtimes-'))
const runs = []
try {
  for (const runtime of chosen) runs.push(testOn(runtime))
} finally {
  rmSync(reports, { recursive: true, force: true })
}
const different = unlike(runs, maySkip)
for (const difference of different) console.log(`FAILED: ${difference}`)
finish(
  runs.reduce((sum, run) => sum + run.passed, 0),
  runs.reduce((sum, run) => sum + run.faults.length, different.length),
)

/** One run of all the files, told in one line, and in full where it failed. */
function testOn(runtime) {
  const { name, version, args, pool } = runtime
  const file = join(reports, `${name}.json`)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const config = join(import.meta.dirname, 'vitest.config.mjs')
  const started = performance.now()
  const { ok, output } = tool(
    program(runtime),
    [...args, vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${file}`],
    {
      timeout: 180_000,
      env: {
        ...env,
        ANGARIUM_RUNTIME: JSON.stringify({ name, version, pool, alone, together }),
        // Deno would keep what it transpiles in the home folder, and ask for its newest version.
        DENO_DIR: join(reports, 'deno'),
        DENO_NO_UPDATE_CHECK: '1',
      },
    },
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const run = { name, ...readReport(file, root) }
  // vitest also fails for what no test is to blame for, or ends before it reports.
  if (!ok && run.faults.length === 0) run.faults.push(`vitest failed:\n${output.trimEnd()}`)
  if (ok && run.files !== files.length) run.faults.push(`of ${files.length} files only ${run.files} were run`)
  line(name, version, run.files, run.passed, run.faults.length, run.skipped.length, seconds)
  tell(run.skipped.map(({ title }) => `skipped: ${name}: ${title}`))
  tell(run.faults.map((fault) => `FAILED: ${name}: ${fault}`))
  return run
}

function tell(lines) {
  for (const text of lines.slice(0, TOLD)) console.log(text)
  if (lines.length > TOLD) console.log(`... and ${lines.length - TOLD} more`)
}

function line(name, version, ...numbers) {
  console.log(name.padEnd(9) + version.padEnd(9) + numbers.map((number) => String(number).padStart(8)).join(''))
}

function finish(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed === 0 ? 0 : 1)
}
