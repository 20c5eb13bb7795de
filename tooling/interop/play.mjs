// Scenarios are files of a folder, each with a title, what it needs, and what it does on its stage.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Those named, or all there are. Ends the process for one that is not there. */
export function scenariosIn(folder, named) {
  const all = readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -4))
    .sort()
  for (const name of named)
    if (!all.includes(name)) {
      console.error(`no scenario named ${name}; there are: ${all.join(', ')}`)
      process.exit(2)
    }
  return named.length > 0 ? named : all
}

/** Plays one after the other; tells of each what it lacked, or the stage it was played on and the seconds it took. */
export async function* played(folder, names, createStageFor) {
  for (const name of names) {
    const began = performance.now()
    const { title, run, needs = [] } = await import(join(folder, `${name}.mjs`))
    console.log(`\n${name}: ${title}`)
    const missing = needs.map((need) => need()).find((reason) => reason !== undefined)
    if (missing !== undefined) {
      yield { name, missing }
      continue
    }
    const stage = createStageFor(name)
    try {
      await run(stage)
    } catch (error) {
      stage.fail('the scenario runs to its end', error)
    }
    await stage.end()
    yield { name, stage, seconds: ((performance.now() - began) / 1000).toFixed(1) }
  }
}
