import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { same } from '../../interop/stage.mjs'
import { missing } from '../disk.mjs'
import { createPool } from '../pool.mjs'
import { absent, createDisk, saveImage } from '../remains.mjs'
import { each, madeBefore, noneOf, runStory, sample, scratch } from '../runs.mjs'

export const title =
  'bits that flipped and files cut short: refused or set aside with a reason, never delivered altered'
export const needs = [missing]

const queue = 'data/queue'
const database = `${queue}/queue.sqlite`
const log = `${database}-wal`
/** Findings after which a backup is what helps. */
const beyondRepair = ['database', 'file', 'QUEUE_FORMAT', 'QUEUE_STORE_FAILED']

export async function run(stage) {
  const base = scratch(stage)
  const pool = createPool()
  stage.atEnd(pool.end)
  const told = await runStory(join(base, 'told'), { record: true })
  same([told.code, told.errors], [0, ''], 'end')
  // At its fullest: mail in the database, in its log, and in files. And closed: all of it in the database.
  const stopped = { of: 'a killed queue', ...after(told, /"did":\{"stays"/) }
  const closed = { of: 'a closed queue', ...after(told, /"end"/) }

  const play = async ({ of, image, notes }, path, harms) => {
    // SQLite takes a log for ended at the first page that does not match: nothing tells that from what was never synced.
    const options = { damaged: true, behind: path === log }
    const faults = []
    const counts = new Map()
    let number = 0
    await each(harms, pool.size, async ({ how, octets }) => {
      const target = join(base, `harmed-${number++}`)
      const harmed = new Map([...image, [path, octets]])
      const directory = join(target, queue)
      saveImage(harmed, target)
      const verdict = await pool.examine(directory, notes, options)
      let { problems } = verdict
      const { aside, refused, lost, unseen } = verdict
      let came = refused ? 'refused' : lost.length > 0 ? 'went back' : aside.length > 0 ? 'set aside' : 'harmless'
      // What a running store does not see, its check finds, and puts right or says that it cannot.
      if (problems.length === 0 && unseen.length > 0) {
        rmSync(target, { recursive: true })
        saveImage(harmed, target)
        const { findings, problems: died } = await pool.check(directory)
        came = `found by a check (${[...new Set(findings)].join(', ')})`
        if (died.length > 0 || findings.length === 0) problems = [...died, ...unseen.map((what) => `unseen: ${what}`)]
        else if (!findings.some((kind) => beyondRepair.includes(kind))) {
          const repaired = await pool.examine(directory, notes, options)
          problems = [...repaired.problems, ...repaired.unseen].map((what) => `after the repair: ${what}`)
        }
      }
      for (const problem of problems) faults.push(`${how}: ${problem} [${target}]`)
      counts.set(came, (counts.get(came) ?? 0) + 1)
      if (problems.length === 0) rmSync(target, { recursive: true })
    })
    const { length } = image.get(path)
    stage.say(
      `${path.slice(queue.length + 1)} of ${of}, ${length} octets: ${[...counts].map(([came, n]) => `${n} ${came}`).join(', ')}`,
    )
    noneOf(faults)
  }
  const some = stage.nightly ? 100 : 1
  for (const [state, path, bits, ends] of [
    [closed, database, 150, 20],
    [stopped, database, 20, 20],
    [stopped, log, 60, 20],
    [stopped, [...stopped.image.keys()].find((name) => name.startsWith(`${queue}/bodies/`)), 20, 20],
  ]) {
    const octets = state.image.get(path)
    const name = path.includes('/bodies/') ? 'a content file' : path.slice(queue.length + 1)
    await stage.check(`${state.of}: bits of ${name}`, () => play(state, path, flipped(stage, octets, bits * some)))
    await stage.check(`${state.of}: the end of ${name} is missing`, () =>
      play(state, path, cut(stage, octets, ends * some)),
    )
    await stage.check(`${state.of}: ${name} is missing`, () => play(state, path, [{ how: 'missing', octets: absent }]))
  }
}

/** The disk once this had been noted. */
function after({ place, record }, noted) {
  const end = record.findIndex(({ notes }) => noted.test(notes))
  const disk = createDisk(place, madeBefore(place))
  for (const { call } of record.slice(0, end)) disk.take(call)
  return { image: disk.image(() => true), notes: record[end].notes }
}

function* flipped({ random }, octets, wanted) {
  const places = Array.from({ length: octets.length }, (_, at) => at)
  for (const at of sample(random, places, wanted)) {
    const harmed = Buffer.from(octets)
    const bit = random.below(8)
    harmed[at] ^= 1 << bit
    yield { how: `bit ${bit} of octet ${at}`, octets: harmed }
  }
}

function* cut({ random }, octets, wanted) {
  const lengths = Array.from({ length: octets.length }, (_, at) => at)
  for (const length of [0, ...sample(random, lengths, wanted)])
    yield { how: `cut to ${length} of ${octets.length} octets`, octets: octets.subarray(0, length) }
}
