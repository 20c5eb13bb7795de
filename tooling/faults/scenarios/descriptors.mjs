import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { session } from '../../interop/smtp.mjs'
import { holds, sleep, until } from '../../interop/stage.mjs'
import { startTraffic } from '../traffic.mjs'

export const title = 'no descriptors left: no busy loop, no loss, and back when there are some'
export const needs = [() => (spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'prlimit is not here')]

export async function run(stage) {
  const traffic = await startTraffic(stage, { config: { limits: { connectionsPerAddress: 500 } } })
  const { mta } = traffic
  await traffic.sendAll(10)
  await mta.drained()
  const { pid } = await mta.measure()
  const limit = (count) => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`], { encoding: 'utf8' })
    holds(status === 0, stderr)
  }
  const inUse = () => readdirSync(`/proc/${pid}/fd`).length
  const early = await Promise.all(Array.from({ length: 5 }, () => session(mta.port)))
  const before = Number(/Max open files +(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))[1])
  limit(inUse() + 10)

  const crowd = Array.from({ length: 100 }, () => connect(mta.port, '127.0.0.1').on('error', () => undefined))
  stage.atEnd(() => {
    for (const socket of crowd) socket.destroy()
  })
  await stage.check('a crowd at the door costs no busy loop', async () => {
    await sleep(500)
    const [used, began] = [processorTime(pid), performance.now()]
    await sleep(3_000)
    const share = (processorTime(pid) - used) / (performance.now() - began)
    stage.say(`${inUse()} descriptors in use, ${(share * 100).toFixed(1)} % of a processor`)
    holds(share < 0.3, `${(share * 100).toFixed(0)} % of a processor while nothing happens`)
  })
  await stage.check('who is in gets an answer for each message, and no lie', async () => {
    const replies = new Map()
    for (const lines of [40, 3_000])
      for (const talker of early) {
        const reply = await traffic.send(talker, { lines })
        replies.set(reply.slice(0, 9), (replies.get(reply.slice(0, 9)) ?? 0) + 1)
      }
    stage.say([...replies].map(([reply, times]) => `${times} times ${JSON.stringify(reply)}`).join(', '))
    for (const reply of replies.keys()) holds(/^(250|45[12]) /.test(reply), reply)
  })
  await stage.check('with descriptors again all goes on', async () => {
    for (const socket of crowd) socket.destroy()
    limit(before)
    await until('a message is taken', () =>
      traffic.sendAll(1).then(
        () => true,
        () => false,
      ),
    )
    // A destination that could not be reached may be passed over for a while: the operator says that it is back.
    mta.command('queue', 'retry', '--filter', 'state=deferred')
    await traffic.sendAll(10)
    await traffic.settled({ seconds: 180 })
  })
  for (const talker of early) talker.close()
}

/** Milliseconds a process used of its processors so far. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
