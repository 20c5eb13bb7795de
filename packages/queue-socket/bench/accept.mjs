// What a message costs through the socket and without it: commits a second, and processor time for each, in the process
// that accepts and in the owner. Usage: node bench/accept.mjs [messages] [octets] [producers]. Build first, or run with
// --conditions=@angarium/source.
import { fork } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore } from '@angarium/queue'
import { connectQueue, serveQueue } from '@angarium/queue-socket'
import { createSqliteStore } from '@angarium/queue-sqlite'

const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
const random = { bytes: (count) => new Uint8Array(randomBytes(count)), below: (limit) => randomInt(limit) }

async function openStore(kind, directory) {
  const store =
    kind === 'sqlite' ? createSqliteStore({ directory, clock, random }) : createMemoryStore({ clock, random })
  await store.open()
  return store
}

const processorMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

if (process.argv[2] === 'owner') {
  const [, , , kind, directory] = process.argv
  await serveQueue({ path: join(directory, 'queue.sock'), store: await openStore(kind, directory) })
  process.on('message', () => process.send(processorMs()))
  process.send('open')
} else {
  const messages = Number(process.argv[2] ?? 20_000)
  const octets = Number(process.argv[3] ?? 4_096)
  const producers = Number(process.argv[4] ?? 50)
  for (const kind of ['memory', 'sqlite'])
    for (const way of ['direct', 'socket']) await run(kind, way, messages, octets, producers)
}

async function run(kind, way, messages, octets, producers) {
  const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), 'bench-'))
  const owner = way === 'socket' ? fork(import.meta.filename, ['owner', kind, directory]) : undefined
  const heard = () => new Promise((resolve) => owner.once('message', resolve))
  if (owner !== undefined) await heard()
  const store = owner ? connectQueue({ path: join(directory, 'queue.sock') }) : await openStore(kind, directory)
  await store.open()
  const ownersMs = async () => {
    if (owner === undefined) return 0
    const answer = heard()
    owner.send('how much')
    return answer
  }
  await accept(store, messages / 10, octets, producers)
  const before = [await ownersMs(), processorMs(), performance.now()]
  await accept(store, messages, octets, producers)
  const [there, here, elapsed] = [await ownersMs(), processorMs(), performance.now()].map((ms, at) => ms - before[at])
  const each = (ms) => `${((ms * 1000) / messages).toFixed(0)} us`
  console.log(
    `${kind} ${way}: ${((messages * 1000) / elapsed).toFixed(0)} commits/s; processor for each: ${each(here)} here` +
      `${owner ? `, ${each(there)} in the owner` : ''}`,
  )
  await store.close()
  owner?.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
}

async function accept(store, messages, octets, producers) {
  const content = new Uint8Array(octets).fill(65)
  const recipients = [{ address: 'recipient@example.com', parameters: [], destination: 'example.com' }]
  const envelope = { reversePath: 'sender@example.org', parameters: [['BODY', '8BITMIME']], recipients }
  let left = messages
  await Promise.all(
    Array.from({ length: producers }, async () => {
      while (left-- > 0) {
        const draft = store.draft({ size: octets })
        await draft.write(content)
        await draft.commit(envelope)
      }
    }),
  )
}
