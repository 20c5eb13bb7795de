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
      const wanted = stage.nightly ? ways.length : call === 'sync' ? 24 : 12
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
        const verdict = async (where, queue, notes) => {
          for (const problem of (await pool.examine(queue, notes, { abandoned: true })).problems)
            faults.push(`${what}${where}: ${problem}`)
        }
        await verdict('', run.queue, run.notes)
        if (call === 'sync' && run.code === 0)
          for (const { image, notes } of remainders(run, stage.nightly)) {
            const target = join(files, 'image')
            saveImage(image, target)
            await verdict(', then power loss', join(target, 'data/queue'), notes)
            rmSync(target, { recursive: true })
          }
        if (faults.length === 0) rmSync(files, { recursive: true })
      })
      stage.say(`${met} runs met it, of ${calls} calls`)
      noneOf(faults)
      holds(met > 0, 'it was never met')
    })
}

/**
 * What power loss leaves after a failed sync: some time after, and at the end. Only what was synced is there, and never
 * what the failed one left unwritten, whatever later ones said.
 *
 * By night also at once. Then the store's log may be on the disk without its end, which a checkpoint has already brought
 * into the database, until the next transaction is synced.
 */
function* remainders({ place, record }, nightly) {
  const disk = createDisk(place, madeBefore(place))
  const paths = new Map()
  let since = Infinity
  let last = ''
  let images = 0
  for (const { call, notes } of record) {
    const settled = since >= (nightly ? 0 : 2) && since < Infinity
    if (call === undefined || (settled && notes !== last && notes.endsWith('}}\n') && images++ < 4))
      yield { image: disk.image(() => false), notes }
    last = notes
    if (call === undefined) return
    disk.take(call)
    if (call.call === 'open') paths.set(call.fd, call.path)
    if (call.call !== 'sync') continue
    if (call.failed) since = 0
    else if (paths.get(call.fd)?.endsWith('-wal')) since++
  }
}
