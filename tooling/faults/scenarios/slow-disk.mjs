import { session } from '../../interop/smtp.mjs'
import { holds, same, until } from '../../interop/stage.mjs'
import { missing, watch } from '../disk.mjs'
import { startTraffic } from '../traffic.mjs'

export const title = 'a disk that takes its time: replies slow down, nothing else'
export const needs = [missing]

const delayMs = 2_000

export async function run(stage) {
  const disk = watch({ root: stage.directory, files: stage.directory })
  const traffic = await startTraffic(stage, { env: disk.env })
  const { mta } = traffic
  await traffic.sendAll(4)
  await mta.drained()
  await mta.measure()
  disk.order({ calls: ['sync'], name: '/queue', action: 'delay', delayMs, times: Infinity })
  stage.atEnd(disk.heal)

  await stage.check('others are served while a message waits for its sync', async () => {
    const sender = await session(mta.port)
    const other = await session(mta.port)
    const order = []
    const sent = traffic.send(sender).then((reply) => order.push(reply.slice(0, 3)))
    await until('a sync is under way', () => disk.hits() > 0)
    for (const line of ['NOOP', 'MAIL FROM:<other@sender.test>', 'RCPT TO:<box1@local.test>', 'RSET'])
      await other.ask(line, '250')
    const newcomer = await session(mta.port)
    order.push('served')
    await sent
    same(order, ['served', '250'], 'order')
    for (const talker of [sender, other, newcomer]) talker.close()
  })
  await stage.check('many that wait share its syncs', async () => {
    const before = disk.hits()
    const talkers = await Promise.all(Array.from({ length: 50 }, () => session(mta.port)))
    const replies = await Promise.all(talkers.map((talker) => traffic.send(talker)))
    same(new Set(replies.map((reply) => reply.slice(0, 3))), new Set(['250']), 'replies')
    for (const talker of talkers) talker.close()
    const syncs = disk.hits() - before
    stage.say(`50 messages, ${syncs} syncs since the first`)
    holds(syncs < 50, `${syncs} syncs for 50 messages`)
  })
  await stage.check('the event loop does not wait for the disk', async () => {
    const { stallMs } = await mta.measure()
    stage.say(`longest stall ${stallMs.toFixed(0)} ms, each sync ${delayMs} ms`)
    holds(stallMs < delayMs / 2, `it stood still for ${stallMs} ms`)
  })
  disk.heal()
  await stage.check('all of it comes out once', () => traffic.settled())
}
