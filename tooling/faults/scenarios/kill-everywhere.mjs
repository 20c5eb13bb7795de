import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { holds, same } from '../../interop/stage.mjs'
import { missing } from '../disk.mjs'
import { createPool } from '../pool.mjs'
import { changes, createDisk, differences, saveImage } from '../remains.mjs'
import { each, madeBefore, noneOf, runStory, sample, scratch } from '../runs.mjs'

export const title = 'kill -9 at every call that changes the disk'
export const needs = [missing]

export async function run(stage) {
  const base = scratch(stage)
  const pool = createPool()
  stage.atEnd(pool.end)
  const faults = []
  const verdict = async (what, queue, notes) => {
    const { problems } = await pool.examine(queue, notes)
    for (const problem of problems) faults.push(`${what}: ${problem}`)
    if (problems.length === 0) rmSync(join(queue, '../..'), { recursive: true })
  }
  const told = await runStory(join(base, 'told'), { record: true, checkpoints: true })
  await stage.check('the record of its calls, played back, gives the files that are there', () => {
    const disk = createDisk(told.place, madeBefore(told.place))
    for (const { call } of told.record) if (call !== undefined) disk.take(call)
    noneOf(
      differences(
        disk.image(() => true),
        told.place,
      ),
    )
  })
  await stage.check('undisturbed, it comes to its end', async () => {
    same([told.code, told.errors], [0, ''], 'end')
    await verdict('at the end', told.queue, told.notes)
    noneOf(faults)
  })
  // What a process leaves when it is killed is what it had done so far: its record tells, and costs no process.
  await stage.check('before each change, and in the midst of writes', async () => {
    let images = 0
    await each(remains(stage, told), pool.size, async ({ what, image, notes }) => {
      const target = join(base, `image-${images++}`)
      saveImage(image, target)
      await verdict(what, join(target, 'data/queue'), notes)
    })
    stage.say(`${images} disks of ${told.record.length} calls`)
    noneOf(faults)
  })
  await stage.check('a process killed at one call or another', async () => {
    const { calls } = await runStory(join(base, 'counted'))
    const numbers = Array.from({ length: calls }, (_, at) => at + 1)
    let killed = 0
    await each(sample(stage.random, numbers, stage.nightly ? calls : 40), pool.size, async (at) => {
      const action = at % 3 === 0 ? 'tear' : 'kill'
      const { signal, notes, queue, code } = await runStory(join(base, `killed-${at}`), { orders: { at, action } })
      if (signal === 'SIGKILL') killed++
      // Two runs may differ by a call or two: then the last ones are never reached.
      else if (code !== 0) faults.push(`at call ${at} it ended with ${code}`)
      await verdict(`killed at call ${at}`, queue, notes)
    })
    stage.say(`${killed} processes killed, at ${calls} different calls`)
    noneOf(faults)
    holds(killed >= 30, `only ${killed} were killed`)
  })
}

function* remains({ random, nightly }, { place, record }) {
  const disk = createDisk(place, madeBefore(place))
  const goesOn = (at) => record[at]?.call?.call === 'write' && record[at].call.fd === record[at - 1]?.call?.fd
  for (const [at, { call, notes }] of record.entries()) {
    // Of many writes to one file in a row the first and the last, and some between.
    const between = goesOn(at) && goesOn(at + 1)
    const chosen = nightly || !between || random.below(8) === 0
    if (chosen && (call === undefined || changes(call)))
      yield { what: `before call ${at} (${call?.call ?? 'end'})`, image: disk.image(() => true), notes }
    if (call === undefined) return
    if (chosen && call.call === 'write' && call.data.length > 1) {
      const half = call.data.length < 1_024 ? call.data.length >> 1 : (call.data.length >> 10) << 9
      disk.take({ ...call, data: call.data.subarray(0, half) })
      yield { what: `in the midst of call ${at}`, image: disk.image(() => true), notes }
    }
    disk.take(call)
  }
}
