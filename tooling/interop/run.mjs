// `npm run interop`: the built servers beside real peers on loopback. `npm run interop -- corpus abuse` runs scenarios by
// name. A scenario is one file in `scenarios/`; what it checks is counted one by one, and the ledger closes each of them.
import { join } from 'node:path'
import { played, scenariosIn } from './play.mjs'
import { createStage } from './stage.mjs'

const folder = join(import.meta.dirname, 'scenarios')
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const names = scenariosIn(folder, named)
const unknown = flags.find((flag) => flag !== '--keep')
if (unknown !== undefined) {
  console.error(`${unknown}: the one flag is --keep (leave the files of each scenario)`)
  process.exit(2)
}

let passed = 0
let failed = 0
let skipped = 0
const createStageFor = (name) => createStage(name, { keep: flags.includes('--keep') })
for await (const { missing, stage, seconds } of played(folder, names, createStageFor)) {
  if (missing !== undefined) {
    console.log(`  SKIPPED: ${missing}`)
    skipped++
    continue
  }
  passed += stage.passed
  failed += stage.failed
  skipped += stage.skipped
  console.log(`  ${stage.passed} passed, ${stage.failed} failed (${seconds} s)`)
}
if (skipped > 0) console.log(`\n${skipped} skipped, each named above`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
