// Where a content is better a file than a part of the row: CPU of the whole process and time for accept with lease, read,
// settle, by size, 20 at a time. Usage: node bench/bodies.mjs [messages]. Build first.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@angarium/queue-sqlite'

const messages = Number(process.argv[2] ?? 1_000)
const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
const random = { bytes: (count) => new Uint8Array(randomBytes(count)), below: (limit) => randomInt(limit) }
const recipients = [{ address: 'someone@a.example', parameters: [], destination: 'a.example' }]

async function run(size, bodyInRow) {
  const directory = mkdtempSync(join(process.env.BENCH_DIRECTORY ?? tmpdir(), 'bench-'))
  const store = createSqliteStore({ directory, clock, random, bodyInRow })
  await store.open()
  const piece = new Uint8Array(16_384).fill(65)
  const life = async () => {
    const draft = store.draft({ size })
    for (let left = size; left > 0; left -= piece.length)
      await draft.write(piece.subarray(0, Math.min(left, piece.length)))
    const envelope = { reversePath: 'a@b.example', parameters: [], recipients }
    const { leases } = await draft.commit(envelope, { lease: { holder: 'bench', duration: 300_000 } })
    for (const { id, destination, fence, body } of leases) {
      if (body === undefined) for await (const _ of store.read(id));
      await store.settle([{ lease: { id, destination, fence }, recipients: [{ index: 0, kind: 'delivered' }] }])
    }
  }
  const all = async (count) => {
    let left = count
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        while (left-- > 0) await life()
      }),
    )
  }
  await all(messages / 10)
  const [cpu, from] = [process.cpuUsage(), performance.now()]
  await all(messages)
  const { user, system } = process.cpuUsage(cpu)
  const wall = ((performance.now() - from) * 1_000) / messages
  await store.close()
  rmSync(directory, { recursive: true, force: true })
  return `${((user + system) / messages).toFixed(0)} us CPU, ${wall.toFixed(0)} us`
}

for (const size of [16_384, 65_536, 131_072, 262_144])
  console.log(`${size / 1_024}K: in the row ${await run(size, size)}; in a file ${await run(size, 1_024)}`)
