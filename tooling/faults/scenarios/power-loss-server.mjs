import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { session } from '../../interop/smtp.mjs'
import { holds, until } from '../../interop/stage.mjs'
import { missing, readRecord, watch } from '../disk.mjs'
import { createPool } from '../pool.mjs'
import { createDisk, saveImage } from '../remains.mjs'
import { each, noneOf, scratch } from '../runs.mjs'
import { startTraffic } from '../traffic.mjs'
import { lossy } from '../ways.mjs'

export const title = 'power loss under the server: what it acknowledged is in the queue or in a mailbox'
export const needs = [missing]

export async function run(stage) {
  const base = scratch(stage)
  const pool = createPool()
  stage.atEnd(pool.end)
  const disk = watch({ root: stage.directory, files: base, record: true })
  const traffic = await startTraffic(stage, {
    env: disk.env,
    // What does not stay here stays in the queue.
    answer: (verb) => (verb === 'RCPT' ? '451 4.2.0 not now' : undefined),
  })
  const { mta } = traffic
  const talker = await session(mta.port)
  // Each number with the length of the record when its acknowledgement came.
  const acknowledged = []
  for (let sent = 0; sent < 40; sent++) {
    const number = traffic.take()
    await traffic.send(talker, { number, lines: number % 5 === 0 ? 1_500 : 20 })
    acknowledged.push([number, statSync(disk.log).size])
  }
  talker.close()
  await until('local mail is delivered', async () => (await mta.stats()).delivered === 20)
  await mta.stop()
  const record = readRecord(disk.log)
  await stage.check('every disk that may remain', async () => {
    const faults = []
    let images = 0
    await each(remains(stage, record, stage.nightly ? 10_000 : 100), pool.size, async ({ what, image, end }) => {
      const target = join(base, `image-${images++}`)
      saveImage(image, target)
      const due = acknowledged.filter(([, at]) => at <= end).map(([number]) => number)
      const { problems } = await pool.search(target, due)
      for (const problem of problems) faults.push(`${what}: ${problem}`)
      if (problems.length === 0) rmSync(target, { recursive: true })
    })
    stage.say(`${images} disks of ${record.length} calls`)
    noneOf(faults)
    holds(images >= 100, `only ${images}`)
  })
}

function* remains({ random, directory }, record, wanted) {
  // The server's own folder is there before it starts.
  const disk = createDisk(directory, [join(directory, 'mta')])
  let made = 0
  for (const [at, call] of record.entries()) {
    while (made * record.length < (at + 1) * wanted) {
      const { name, image } = lossy(disk, random, made++)
      yield { what: `cut before call ${at} (${call.call}), ${name}`, image, end: record[at - 1]?.end ?? 0 }
    }
    disk.take(call)
  }
}
