import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { holds } from '../../interop/stage.mjs'
import { missing, writing } from '../disk.mjs'
import { createPool } from '../pool.mjs'
import { createDisk, saveImage } from '../remains.mjs'
import { each, madeBefore, noneOf, runStory, sample, scratch } from '../runs.mjs'

export const title = 'the n-th call to the disk fails: refused, not believed, and back by itself'
export const needs = [missing]

/** What Linux answers where the disk is full. */
const taking = ['open', 'write', 'truncate', 'rename', 'mkdir']

export async function run(stage) {
  const base = scratch(stage)
  const pool = createPool()
  stage.atEnd(pool.end)
  for (const call of writing)
    await stage.check(`${call} fails`, async () => {
      const { calls } = await runStory(join(base, 'counted'), { orders: { calls: [call] } })
      const ways = []
      for (let at = 1; at <= calls; at++)
        for (const error of taking.includes(call) ? ['EIO', 'ENOSPC'] : ['EIO'])
          for (const times of [1, 3]) ways.push({ at, error, times })
      const faults = []
      let met = 0
      const wanted = stage.nightly ? ways.length : 12
      await each(sample(stage.random, ways, wanted), pool.size, async ({ at, error, times }) => {
        const what = `${error} at ${call} ${at}, ${times} times`
        const files = join(base, `${call}-${at}-${error}-${times}`)
        const run = await runStory(files, {
          orders: { calls: [call], at, times, action: 'fail', error },
          stubborn: true,
          record: true,
        })
        if (run.hits > 0) met++
        if (run.code !== 0) faults.push(`${what}: it ended with ${run.code ?? run.signal}: ${run.errors}`)
        for (const [, code] of run.notes.matchAll(/"refused":"([^"]*)"/g))
          if (code !== 'QUEUE_STORE_FAILED') faults.push(`${what}: it was refused with ${code}`)
        const verdict = async (where, queue) => {
          for (const problem of (await pool.examine(queue, run.notes, { abandoned: true })).problems)
            faults.push(`${what}${where}: ${problem}`)
        }
        await verdict('', run.queue)
        // What a failed sync left unwritten is never written, whatever later syncs say.
        if (call === 'sync' && run.code === 0) await verdict(', then power loss', remainder(run, join(files, 'image')))
        if (faults.length === 0) rmSync(files, { recursive: true })
      })
      stage.say(`${met} runs met it, of ${calls} calls`)
      noneOf(faults)
      holds(met > 0, 'it was never met')
    })
}

/** Only what was synced, and never what a failed sync had before it. */
function remainder({ place, record }, target) {
  const disk = createDisk(place, madeBefore(place))
  for (const { call } of record) if (call !== undefined) disk.take(call)
  saveImage(
    disk.image(() => false),
    target,
  )
  return join(target, 'data/queue')
}
