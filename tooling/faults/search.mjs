// Looks for messages of `traffic.mjs` in what is left of a server: in its queue, and in its mailboxes.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createSqliteStore } from '../../packages/queue-sqlite/dist/index.js'
import { messagesIn } from '../interop/maildir.mjs'
import { manualClock, seededRandom } from './outside.mjs'
import { numberOf } from './traffic.mjs'

/** What is missing or altered, as sentences. */
export async function searchFor(directory, numbers) {
  const problems = []
  const found = new Set()
  const see = (where, octets) => {
    try {
      found.add(numberOf(octets))
    } catch (error) {
      problems.push(`${where}: ${error.message}`)
    }
  }
  const mail = join(directory, 'mail')
  for (const box of existsSync(mail) ? readdirSync(mail) : [])
    for (const octets of messagesIn(join(mail, box))) see(`in ${box}`, octets)
  const queue = join(directory, 'mta/data/queue')
  if (existsSync(queue)) {
    const store = createSqliteStore({
      directory: queue,
      clock: manualClock(Date.now()),
      random: seededRandom(3),
      minFree: 0,
    })
    try {
      await store.open()
      for await (const entry of store.scan()) {
        if (entry.kind === 'corrupt') problems.push(`${entry.id} is corrupt: ${entry.because}`)
        else {
          const pieces = []
          for await (const piece of store.read(entry.id)) pieces.push(piece)
          see('in the queue', Buffer.concat(pieces))
        }
      }
    } catch (error) {
      problems.push(String(error.stack))
    } finally {
      await store.close()
    }
  }
  const lost = numbers.filter((number) => !found.has(number))
  if (lost.length > 0) problems.push(`lost: ${lost.join(', ')}`)
  return problems
}
