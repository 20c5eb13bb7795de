// What a scheduler's questions cost as the queue grows: the time of each at several depths, every message to a
// destination of its own and all to one, of one priority and of all 19. Usage: node bench/depth.mjs [depth...]. Build first.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@angarium/queue-sqlite'

const depths = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 100_000]
const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
const random = { bytes: (count) => new Uint8Array(randomBytes(count)), below: (limit) => randomInt(limit) }

async function timed(times, run) {
  const from = performance.now()
  for (let n = 0; n < times; n++) await run(n)
  return (((performance.now() - from) / times) * 1000).toFixed(0)
}

const shapes = [true, false].flatMap((one) => [1, 19].map((levels) => ({ one, levels })))

for (const depth of depths)
  for (const { one, levels } of shapes) {
    const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), 'bench-'))
    const store = createSqliteStore({ directory, clock, random })
    await store.open()
    for (let n = 0; n < depth; n += 1_000)
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, at) => {
          const destination = one ? 'dead.example' : `d${n + at}.example`
          const draft = store.draft()
          await draft.write(new Uint8Array(500))
          const recipients = [{ address: `x@${destination}`, parameters: [], destination }]
          const priority = levels === 1 ? 0 : (at % levels) - 9
          await draft.commit({ reversePath: 'a@example.org', parameters: [], recipients }, { priority })
        }),
      )
    const due = await timed(200, () => store.due(100))
    const destination = (n) => (one ? 'dead.example' : `d${n}.example`)
    const lease = await timed(100, (n) =>
      store.lease({ destination: destination(n), holder: 'h', duration: 60_000, limit: 1 }),
    )
    const many = await timed(20, (n) =>
      store.lease({ destination: destination(100 + n), holder: 'h', duration: 60_000, limit: 20 }),
    )
    const stats = await timed(50, () => store.stats())
    console.log(
      `${depth} messages, ${one ? 'one destination' : 'one each'}, ${levels} priorities: due(100) ${due} us, lease(1) ${lease} us, lease(20) ${many} us, stats ${stats} us`,
    )
    await store.close()
    const from = performance.now()
    await store.open()
    console.log(`  opens in ${(performance.now() - from).toFixed(0)} ms with these leases to take back`)
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  }
