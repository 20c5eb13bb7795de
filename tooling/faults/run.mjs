// `node tooling/faults/run.mjs`: what may break under a queue is broken, on the built packages and the built server. A
// scenario is one file in `scenarios/`; names run those alone. What was promised is looked at after each fault.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createStage } from '../interop/stage.mjs'
import { seededRandom } from './outside.mjs'

const folder = join(import.meta.dirname, 'scenarios')
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -4))
  .sort()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    // Everything instead of samples; takes hours.
    nightly: { type: 'boolean', default: false },
    kills: { type: 'string' },
    // The same seed takes the same samples; by night they are others each time.
    seed: { type: 'string' },
    // Leaves the files of each scenario.
    keep: { type: 'boolean', default: false },
  },
})
for (const name of positionals)
  if (!all.includes(name)) {
    console.error(`no scenario named ${name}; there are: ${all.join(', ')}`)
    process.exit(2)
  }
const { nightly, keep } = values
const seed = Number(values.seed ?? (nightly ? Math.floor(Date.now() / 1_000) : 1))
const kills = Number(values.kills ?? (nightly ? 1_000 : 100))

let passed = 0
let failed = 0
const summary = []
console.log(`samples by --seed=${seed}`)
for (const name of positionals.length > 0 ? positionals : all) {
  const began = performance.now()
  const { title, run, needs = [] } = await import(join(folder, `${name}.mjs`))
  console.log(`\n${name}: ${title}`)
  const missing = needs.map((need) => need()).find((reason) => reason !== undefined)
  if (missing !== undefined) {
    summary.push(`${name}: SKIPPED: ${missing}`)
    continue
  }
  const stage = Object.assign(createStage(name, { keep }), {
    kills,
    nightly,
    random: seededRandom(seed),
  })
  try {
    await run(stage)
  } catch (error) {
    stage.fail('the scenario runs to its end', error)
  }
  await stage.end()
  passed += stage.passed
  failed += stage.failed
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const skipped = stage.skipped > 0 ? `, ${stage.skipped} skipped` : ''
  summary.push(`${name}: ${stage.passed} passed, ${stage.failed} failed${skipped} (${seconds} s)`)
}
console.log(`\n${summary.join('\n')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
