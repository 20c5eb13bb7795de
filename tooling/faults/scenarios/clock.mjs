import { holds, same, sleep, until } from '../../interop/stage.mjs'
import { missing, watch } from '../disk.mjs'
import { startTraffic } from '../traffic.mjs'

export const title =
  'the clock jumps by an hour and by a year, and back: nothing expires, nothing is stranded or tried early'
export const needs = [missing]

const hour = 3_600_000
const year = 365 * 24 * hour

export async function run(stage) {
  const disk = watch({ root: stage.directory, files: stage.directory })
  let busy = true
  let refused = 0
  const traffic = await startTraffic(stage, {
    env: disk.env,
    config: { retry: { first: '30m', max: '30m', lifetime: '1d', warnAfter: '12h' } },
    answer: (verb, argument) => {
      if (!busy || verb !== 'RCPT' || !argument.includes('later')) return undefined
      refused++
      return '451 4.2.0 not now'
    },
  })
  const { mta } = traffic
  // Each to a domain of its own, so that none is kept from its attempt by another's.
  const wait = 20
  for (let at = 0; at < wait; at++) {
    const number = traffic.take()
    await traffic.sendAll(1, { number, to: `later${number}@d${at}.test` })
  }
  await until('each had its attempt', () => refused === wait)
  const offsets = [hour, -hour, year, -year, 0]
  for (const offset of offsets)
    await stage.check(`the clock is off by ${offset / hour} h`, async () => {
      const before = await mta.stats()
      disk.moveClock(offset)
      // Fresh mail is taken and goes out, here and elsewhere.
      await traffic.sendAll(4)
      await until('fresh mail is delivered', async () => (await mta.stats()).queued === wait)
      await sleep(2_000)
      const after = await mta.stats()
      same(refused, wait, 'attempts of what waits')
      const fates = ({ failed, expired, removed, held }) => ({ failed, expired, removed, held })
      same(fates(after), fates(before), 'what became of others')
    })
  await stage.check('each jump is told', () => {
    const told = mta.events().filter(({ msg }) => msg === 'clock-jumped')
    stage.say(`${told.length} told: ${told.map(({ byMs }) => Math.round(byMs / hour)).join(', ')} h`)
    holds(told.length >= offsets.length, `${told.length} told`)
  })
  await stage.check('what waits is not stranded', async () => {
    disk.moveClock(-year)
    busy = false
    mta.command('queue', 'retry', '--filter', 'state=deferred')
    await traffic.settled()
  })
  await waits(stage)
}

/** A retry that is due soon comes soon, whatever the clock says meanwhile. */
async function waits(stage) {
  for (const offset of [year, -year])
    await stage.check(`a retry due in 3 s comes, with the clock moved by ${offset / hour} h meanwhile`, async () => {
      const disk = watch({ root: stage.directory, files: stage.directory })
      let refused = 0
      const traffic = await startTraffic(stage, {
        name: `mta${offset}`,
        env: disk.env,
        config: { retry: { first: '3s', max: '3s', lifetime: '1d', warnAfter: '12h' } },
        answer: (verb) => (verb === 'RCPT' && refused++ === 0 ? '451 4.2.0 not now' : undefined),
      })
      await traffic.sendAll(1, { number: 0, to: 'm@remote.test' })
      await until('it was refused once', () => refused === 1)
      disk.moveClock(offset)
      await traffic.settled()
      same(refused, 2, 'attempts')
    })
}
