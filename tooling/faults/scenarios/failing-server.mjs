import { session } from '../../interop/smtp.mjs'
import { holds, same, until } from '../../interop/stage.mjs'
import { missing, watch, writing } from '../disk.mjs'
import { startTraffic } from '../traffic.mjs'

export const title =
  'calls to the disk fail under the server: it answers 451 or 452, never a lie, and is back by itself'
export const needs = [missing]

const talkers = 5

export async function run(stage) {
  const { random, nightly } = stage
  const disk = watch({ root: stage.directory, files: stage.directory })
  stage.atEnd(disk.heal)
  const traffic = await startTraffic(stage, { env: disk.env })
  const { mta } = traffic
  const { pid } = mta.process
  const pick = (list) => list[random.below(list.length)]
  const replies = new Map()
  let hits = 0
  const send = async (talker, lines) => {
    const reply = (await traffic.send(talker, { lines })).slice(0, 9)
    replies.set(reply, (replies.get(reply) ?? 0) + 1)
  }
  for (let round = 0; round < (nightly ? 1_000 : 25); round++) {
    const open = await Promise.all(Array.from({ length: talkers }, () => session(mta.port)))
    disk.order({
      calls: [pick(writing)],
      // Of the queue or, now and then, of mailboxes too.
      name: round % 4 === 0 ? '' : '/queue',
      at: 1 + random.below(12),
      times: 1 + random.below(4),
      action: 'fail',
      error: pick(['EIO', 'ENOSPC']),
    })
    await Promise.all(
      open.map(async (talker, at) => {
        await send(talker, 20)
        await send(talker, at === 0 ? 3_000 : 20)
      }),
    )
    hits += disk.hits()
    disk.heal()
    for (const talker of open) talker.close()
    // Untouched by hand; the next round begins with a queue that works.
    await until('it takes mail again', () =>
      traffic.sendAll(1).then(
        () => true,
        () => false,
      ),
    )
  }
  await stage.check('what it could not keep it refused', () => {
    stage.say(`${hits} calls failed; ${[...replies].map(([reply, times]) => `${times} times ${reply}`).join(', ')}`)
    for (const reply of replies.keys()) holds(/^(250 2\.0\.0|451 4\.3\.0|452 4\.3\.1)/.test(reply), `it said ${reply}`)
    holds(hits > 0, 'no call failed')
    same(mta.process.pid, pid, 'process')
  })
  await stage.check('nothing acknowledged is lost, and no more came twice than calls failed', async () => {
    // A lease whose commit was answered with an error is nobody's until it runs out in five minutes, or until a restart.
    await mta.stop()
    await mta.start()
    await until('nothing is queued', async () => (await mta.stats()).queued === 0, 180)
    // Held is what came to nothing three times in a row. The operator lets it go.
    const { held } = await mta.stats()
    if (held > 0) mta.command('queue', 'release', '--filter', 'state=held')
    stage.say(`${held} held`)
    await traffic.settled({ repeated: hits * 20, seconds: 180 })
  })
}
