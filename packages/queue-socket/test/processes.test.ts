import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { QueueStore } from '@angarium/queue'
import { createScheduler, QueueError } from '@angarium/queue'
import { createSeededRandom } from '@angarium/queue/testing'
import { createSqliteStore } from '@angarium/queue-sqlite'
import { describe, expect, it } from 'vitest'
import { createDispatcher } from '../src/index.ts'
import { afterwards, collect, connected, envelopeTo, place, put, served, until } from './place.ts'

const clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(delay: number, run: () => void) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}

/** A process of its own. */
interface Child {
  readonly said: string[]
  says(lines: number): Promise<void>
  kill(): Promise<void>
  readonly died: Promise<unknown>
}

function child(role: string, directory: string): Child {
  const args = ['--conditions=@angarium/source', '--disable-warning=ExperimentalWarning']
  const file = join(import.meta.dirname, 'queue-child.ts')
  const running = spawn(process.execPath, [...args, file, role, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(running, 'close')
  const said: string[] = []
  let rest = ''
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    said.push(...lines)
  })
  const kill = async (): Promise<void> => {
    running.kill('SIGKILL')
    await closed
  }
  afterwards(kill)
  return { said, kill, died: closed, says: (lines) => until(() => said.length >= lines) }
}

async function sqlite(directory: string): Promise<QueueStore> {
  const store = createSqliteStore({ directory, clock, random: createSeededRandom(Date.now()) })
  await store.open()
  afterwards(() => store.close())
  return store
}

function idsOf(what: string, children: readonly Child[]): string[] {
  return children.flatMap(({ said }) =>
    said.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1)),
  )
}

describe('kill -9 of guests', { timeout: 120_000 }, () => {
  it('in the midst of drafts, commits, leases and settlements loses nothing, and repeats only what was in flight', async () => {
    const directory = place()
    const store = await sqlite(directory)
    await served({ path: join(directory, 'queue.sock'), store })
    const writers = [child('commit', directory), child('commit', directory), child('commit', directory)]
    const carriers = [child('deliver', directory), child('deliver', directory)]
    await Promise.all([...writers.map((one) => one.says(300)), ...carriers.map((one) => one.says(100))])
    await Promise.all([writers[0]?.kill(), carriers[0]?.kill()])
    carriers.push(child('deliver', directory))
    await Promise.all([writers[1]?.says(600), carriers[2]?.says(100)])
    await Promise.all([...writers, ...carriers].map((one) => one.kill()))

    // What the dead held is to be had at once, though their leases were for an hour.
    const rest: string[] = []
    await until(async () => {
      const leases = await store.lease({ destination: 'd.example', holder: 'test', duration: 60_000, limit: 1_000 })
      await store.settle(leases.map((lease) => ({ lease, recipients: [{ index: 0, kind: 'delivered' as const }] })))
      rest.push(...leases.map(({ id }) => id))
      return (await store.stats()).queued === 0
    })
    const [accepted, begun, delivered] = [
      idsOf('accepted', writers),
      idsOf('begun', carriers),
      idsOf('delivered', carriers),
    ]
    expect(new Set(accepted).size).toBe(accepted.length)
    expect(accepted.length).toBeGreaterThan(900)
    const attempts = new Map<string, number>()
    for (const id of [...begun, ...rest]) attempts.set(id, (attempts.get(id) ?? 0) + 1)
    for (const id of accepted) expect(attempts.get(id)).toBeGreaterThan(0)
    const repeated = [...attempts].filter(([, times]) => times > 1).map(([id]) => id)
    for (const id of repeated) expect(delivered).not.toContain(id)
    expect(repeated.length).toBeLessThanOrEqual(20 * carriers.length)
    const stats = await store.stats()
    expect(stats.accepted).toBe(stats.delivered)
    expect(stats.accepted).toBe(attempts.size)
    expect(stats.messages).toBe(0)
  })
})

describe('kill -9 of the owner', { timeout: 120_000 }, () => {
  it('under load refuses for a while; a key makes each message one, and none is lost', async () => {
    const directory = place()
    const path = join(directory, 'queue.sock')
    let owner = child('owner', directory)
    await owner.says(1)
    const client = await connected(path)
    const accepted = new Map<string, string>()
    let refused = 0
    const deliver = async (key: string): Promise<void> => {
      while (!accepted.has(key))
        try {
          accepted.set(key, (await put(client, key.endsWith('7') ? 150_000 : 2_000, { key })).id)
        } catch (error) {
          if (!QueueError.is(error, 'QUEUE_STORE_FAILED')) throw error
          refused++
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
    }
    const total = 600
    const producers = Array.from({ length: 20 }, async (_, producer) => {
      for (let n = 0; n < total / 20; n++) await deliver(`${producer} ${n}`)
    })
    for (const at of [100, 300]) {
      await until(() => accepted.size >= at)
      await owner.kill()
      owner = child('owner', directory)
    }
    await Promise.all(producers)
    expect(refused).toBeGreaterThan(0)
    const entries = await collect(client.scan())
    expect(entries.map(({ id }) => id as string).sort()).toEqual([...accepted.values()].sort())
    expect((await client.stats()).accepted).toBe(total)
  })
})

describe('an owner that goes down in order', () => {
  it('answers what it was asked; its guests find the next one, and hear of work again', async () => {
    const directory = place()
    const path = join(directory, 'queue.sock')
    const store = await sqlite(directory)
    const first = await served({ path, store })
    const client = await connected(path)
    let heard = 0
    client.onWork(() => heard++)
    const draft = client.draft()
    await draft.write(new Uint8Array(10))
    const commits = Array.from({ length: 50 }, () => put(client, 100))
    await client.stats()
    await first.close()
    expect((await Promise.allSettled(commits)).every(({ status }) => status === 'fulfilled')).toBe(true)
    await expect(client.stats()).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    expect(() => client.draft()).toThrow(expect.objectContaining({ code: 'QUEUE_STORE_FAILED' }))
    await expect(draft.commit(envelopeTo('a.example'))).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    await draft.abort()
    const before = heard
    await served({ path, store })
    await until(() => heard > before)
    await put(client, 100)
    expect((await client.stats()).messages).toBe(51)
  })
})

describe('kill -9 of a worker', { timeout: 120_000 }, () => {
  it('sets free at once what it had in hand; the others go on, and all is delivered', async () => {
    const { store, workers, scheduler } = await crew(2)
    for (let n = 0; n < 300; n++) await store.draft().commit(envelopeTo(`${n % 30}.example`))
    scheduler.start()
    await Promise.all(workers.map((one) => one.says(50)))
    await workers[0]?.kill()
    expect((await store.stats()).delivered).toBeLessThan(300)
    await until(async () => (await store.stats()).delivered === 300)
    // Only what was in flight was begun twice.
    const twice = idsOf('begun', workers).filter((id, at, all) => all.indexOf(id) !== at)
    expect(new Set(twice).size).toBeLessThanOrEqual(10)
  })

  it('by one and the same message three times: it is held, and the others are delivered', async () => {
    const { directory, store, workers, scheduler } = await crew(1)
    for (let n = 0; n < 50; n++) await store.draft().commit(envelopeTo(n === 25 ? 'poison.example' : `${n}.example`))
    scheduler.start()
    for (let deaths = 1; deaths <= 3; deaths++) {
      await workers.at(-1)?.died
      workers.push(child('work', directory))
    }
    await until(async () => (await store.stats()).delivered === 49)
    const held = await collect(store.scan({ state: 'held' }))
    expect(held.map((entry) => entry.kind === 'message' && entry.recipients[0]?.destination)).toEqual([
      'poison.example',
    ])
  })
})

/** So many workers, and a scheduler that hands leases to them. */
async function crew(size: number) {
  const directory = place()
  const store = await sqlite(directory)
  const dispatcher = await createDispatcher({ path: join(directory, 'deliveries.sock') })
  const workers = Array.from({ length: size }, () => child('work', directory))
  await until(() => dispatcher.snapshot().workers.length === size)
  const scheduler = createScheduler({
    store,
    clock,
    random: createSeededRandom(),
    holder: 'test',
    deliver: dispatcher.deliver,
    withoutAttempt: dispatcher.withoutAttempt,
    limits: { leaseMs: 3_600_000, perDestination: 20, perDestinationStart: 20, perNextHop: 20 },
  })
  afterwards(async () => {
    await scheduler.stop()
    await dispatcher.close()
  })
  return { directory, store, workers, scheduler }
}
