import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { session, stuffed } from '../../interop/smtp.mjs'
import { holds, same, until } from '../../interop/stage.mjs'
import { startTraffic } from '../traffic.mjs'

export const title = 'a message that kills the server three times is held and told; the others flow'

const poison = pathToFileURL(join(import.meta.dirname, '../poison.mjs')).href

export async function run(stage) {
  let open = false
  const traffic = await startTraffic(stage, {
    env: { NODE_OPTIONS: `--import ${poison}` },
    answer: (verb) => (verb === 'RCPT' && !open ? '451 4.2.0 not now' : undefined),
  })
  const { mta } = traffic
  // All of it waits in one queue before the first of it is sent.
  await traffic.sendAll(20)
  const talker = await session(mta.port)
  for (const line of ['MAIL FROM:<sender@sender.test>', 'RCPT TO:<victim@remote.test>', 'DATA']) await talker.ask(line)
  talker.send(stuffed(Buffer.from('Subject: beware\r\nx-poison: yes\r\n\r\nboo\r\n')))
  await talker.ask(undefined, '250')
  open = true

  let deaths = 0
  const over = () =>
    mta.stats().then(
      ({ queued }) => queued === 0,
      () => false,
    )
  await stage.check('it falls three times, and no more', async () => {
    await until(
      'all is delivered or held',
      async () => {
        if (!mta.process.running) {
          same(await mta.process.ended, { code: null, signal: 'SIGKILL' }, 'end')
          deaths++
          // It may fall again before anybody reached it.
          await mta.start().catch(() => undefined)
        }
        return over()
      },
      180,
    )
    same(deaths, 3, 'deaths')
  })
  await stage.check('the message is held, and says why', async () => {
    same((await mta.stats()).held, 1, 'held')
    const list = mta.command('queue', 'list', '--filter', 'state=held')
    stage.say(list.trim().split('\n').join(' / '))
    holds(/victim@remote\.test/.test(list), list)
  })
  await stage.check('the others came out, at most those under way three times', () =>
    traffic.settled({ repeated: 3 * 20, seconds: 180 }),
  )
  await stage.check('the log tells of it', () => {
    const events = mta.events().filter((event) => JSON.stringify(event).includes('held'))
    holds(events.length > 0, 'no event of the log says that it is held')
  })
}
