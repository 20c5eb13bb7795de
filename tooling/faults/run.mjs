// `node tooling/faults/run.mjs`: what may break under a queue is broken, on the built packages and the built server. A
// scenario is one file in `scenarios/`; names run those alone. What was promised is looked at after each fault.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { played, scenariosIn } from '../interop/play.mjs'
import { createStage } from '../interop/stage.mjs'
import { seededRandom } from './outside.mjs'

const folder = join(import.meta.dirname, 'scenarios')
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
const names = scenariosIn(folder, positionals)
const { nightly, keep } = values
const seed = Number(values.seed ?? (nightly ? Math.floor(Date.now() / 1_000) : 1))
const kills = Number(values.kills ?? (nightly ? 1_000 : 100))

let passed = 0
let failed = 0
const summary = []
console.log(`samples by --seed=${seed}`)
const createStageFor = (name) =>
  Object.assign(createStage(name, { keep }), { kills, nightly, random: seededRandom(seed) })
for await (const { name, missing, stage, seconds } of played(folder, names, createStageFor)) {
  if (missing !== undefined) {
    summary.push(`${name}: SKIPPED: ${missing}`)
    continue
  }
  passed += stage.passed
  failed += stage.failed
  const skipped = stage.skipped > 0 ? `, ${stage.skipped} skipped` : ''
  summary.push(`${name}: ${stage.passed} passed, ${stage.failed} failed${skipped} (${seconds} s)`)
}
console.log(`\n${summary.join('\n')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
