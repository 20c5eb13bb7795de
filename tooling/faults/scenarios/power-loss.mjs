import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { same } from '../../interop/stage.mjs'
import { missing } from '../disk.mjs'
import { createPool } from '../pool.mjs'
import { createDisk, saveImage } from '../remains.mjs'
import { each, madeBefore, noneOf, runStory, scratch } from '../runs.mjs'
import { lossy } from '../ways.mjs'

export const title = 'power loss: what was not synced is gone, there, torn or in another order'
export const needs = [missing]

export async function run(stage) {
  const base = scratch(stage)
  const pool = createPool()
  stage.atEnd(pool.end)
  const play = (what, options, wanted) =>
    stage.check(what, async () => {
      const told = await runStory(join(base, 'told'), { record: true, ...options })
      same([told.code, told.errors], [0, ''], 'end')
      const faults = []
      let images = 0
      await each(remains(stage, told, options, wanted), pool.size, async ({ what, image, notes }) => {
        const target = join(base, `image-${made++}`)
        images++
        saveImage(image, target)
        const { problems } = await pool.examine(join(target, 'data/queue'), notes)
        for (const problem of problems) faults.push(`${target}: ${what}: ${problem}`)
        if (problems.length === 0) rmSync(target, { recursive: true })
      })
      stage.say(`${images} disks`)
      noneOf(faults)
      same(images, wanted, 'disks')
    })
  let made = 0
  const many = stage.nightly ? 100 : 1
  await play('a queue as it is', {}, 150 * many)
  await play('one that brings its log into the database all the time', { checkpoints: true }, 150 * many)
  await play('one whose directories are new', { bare: true }, 30 * many)
}

/** Disks as they may be after a cut at one call or another. */
function* remains({ random }, { place, record }, { bare = false }, wanted) {
  const disk = createDisk(place, bare ? [] : madeBefore(place))
  let made = 0
  for (const [at, { call, notes }] of record.entries()) {
    while (made * record.length < (at + 1) * wanted) {
      const { name, image } = lossy(disk, random, made++)
      yield { what: `cut before call ${at} (${call?.call ?? 'end'}), ${name}`, image, notes }
    }
    if (call !== undefined) disk.take(call)
  }
}
