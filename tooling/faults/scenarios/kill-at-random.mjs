import { session } from '../../interop/smtp.mjs'
import { holds, same, sleep, until } from '../../interop/stage.mjs'
import { startTraffic } from '../traffic.mjs'

export const title = 'kill -9 of the server under load, again and again: nothing acknowledged is lost'

const sessions = 20
const deliveries = 20

export async function run(stage) {
  const { kills } = stage
  const wanted = Math.max(1_000, kills * 30)
  const traffic = await startTraffic(stage, {
    config: { delivery: { concurrency: deliveries, perDestination: deliveries } },
  })
  const { mta, acknowledged, cut } = traffic
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1)
  let killed = 0
  let resent = 0
  const send = async () => {
    let talker
    while (acknowledged.size < wanted || killed < kills) {
      const number = traffic.take()
      // Every seventh is larger than what fits in a row, so that files are exercised as well.
      const message = { number, lines: number % 7 === 0 ? 1_500 : 40 }
      while (!acknowledged.has(number))
        try {
          talker ??= await session(mta.port)
          await traffic.send(talker, message)
        } catch {
          talker?.close()
          talker = undefined
          resent++
          // Not so often that it keeps the server from its start.
          await sleep(150)
        }
    }
    talker?.close()
  }
  const senders = Array.from({ length: sessions }, send)
  while (killed < kills) {
    // Now and then while it still starts, else in the midst of its work.
    const at = acknowledged.size
    const quantum = stage.random.below(Math.ceil((wanted / kills) * 2))
    await until('messages flow', () => acknowledged.size >= at + quantum, 120)
    await sleep(stage.random.below(30))
    await mta.kill()
    killed++
    await mta.start()
  }
  await Promise.all(senders)
  stage.say(
    `${killed} kills in ${seconds()} s, ${acknowledged.size} messages acknowledged, ${resent} tries that were cut`,
  )
  // What was under way twice is kept apart for a while; nobody kills any more.
  mta.command('queue', 'retry', '--filter', 'state=deferred')
  await until('nothing is queued', async () => (await mta.stats()).queued === 0, 300)
  stage.say(`nothing is queued after ${seconds()} s`)
  // What was under way at three kills in a row is held, visibly, as one that may kill its deliverer. Here the operator
  // knows better.
  const { held } = await mta.stats()
  if (held > 0) {
    stage.say(`${held} held after three deliveries in a row that were killed; released`)
    mta.command('queue', 'release', '--filter', 'state=held')
  }
  await stage.check('nothing acknowledged is lost or altered, and the ledger adds up', () =>
    traffic.settled({ repeated: killed * deliveries, seconds: 300 }),
  )
  await stage.check('copies are no more than the transactions in flight at the kills', () => {
    let copies = 0
    for (const times of traffic.copies().values()) copies += times - 1
    // A sender that never got its answer sent again: those copies are the sender's doing, as RFC 1047 has it.
    const again = [...cut.values()].reduce((sum, times) => sum + times, 0)
    stage.say(`${copies} copies; answers to ${again} contents never came`)
    holds(copies <= killed * (deliveries + sessions), `${copies} copies`)
    same(acknowledged.size >= wanted, true, 'as many messages as wanted')
  })
}
