// `npm run interop`: the built servers beside real peers on loopback. `npm run interop -- corpus abuse` runs scenarios by
// name. A scenario is one file in `scenarios/`; what it checks is counted one by one, and the ledger closes each of them.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createStage } from './stage.mjs'

const folder = join(import.meta.dirname, 'scenarios')
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -4))
  .sort()
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'))
for (const name of named)
  if (!all.includes(name)) {
    console.error(`no scenario named ${name}; there are: ${all.join(', ')}`)
    process.exit(2)
  }
const unknown = flags.find((flag) => flag !== '--keep')
if (unknown !== undefined) {
  console.error(`${unknown}: the one flag is --keep (leave the files of each scenario)`)
  process.exit(2)
}

let passed = 0
let failed = 0
let skipped = 0
for (const name of named.length > 0 ? named : all) {
  const began = performance.now()
  const { title, run, needs = [] } = await import(join(folder, `${name}.mjs`))
  console.log(`\n${name}: ${title}`)
  const missing = needs.map((need) => need()).find((reason) => reason !== undefined)
  if (missing !== undefined) {
    console.log(`  SKIPPED: ${missing}`)
    skipped++
    continue
  }
  const stage = createStage(name, { keep: flags.includes('--keep') })
  try {
    await run(stage)
  } catch (error) {
    stage.fail('the scenario runs to its end', error)
  }
  await stage.end()
  passed += stage.passed
  failed += stage.failed
  skipped += stage.skipped
  console.log(`  ${stage.passed} passed, ${stage.failed} failed (${((performance.now() - began) / 1000).toFixed(1)} s)`)
}
if (skipped > 0) console.log(`\n${skipped} skipped, each named above`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
