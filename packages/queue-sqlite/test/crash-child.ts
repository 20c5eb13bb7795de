// Accepts mail until it is killed, and says on standard output what it was promised. Run by crash.test.ts.
import { randomBytes, randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createSqliteStore } from '../src/index.ts'

const directory = process.argv[2] ?? ''
const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => undefined }
const random = {
  bytes: (count: number) => new Uint8Array(randomBytes(count)),
  below: (limit: number) => randomInt(limit),
}
const store = createSqliteStore({ directory, clock, random })
await store.open()
writeSync(1, 'open\n')
for (let producer = 0; producer < 10; producer++) void produce(producer)

async function produce(producer: number): Promise<void> {
  for (let n = 0; ; n++) {
    const large = producer === 0
    const draft = store.draft()
    await draft.write(new Uint8Array(large ? 120_000 : 2_000).fill(n))
    const envelope = {
      reversePath: 'a@b.example',
      parameters: [],
      recipients: [{ address: 'c@d.example', parameters: [], destination: 'd.example' }],
    }
    const settling = producer % 3 === 1
    const { id, leases } = await draft.commit(
      envelope,
      settling ? { lease: { holder: 'child', duration: 60_000 } } : {},
    )
    writeSync(1, `accepted ${id}\n`)
    const [lease] = leases
    if (lease === undefined) continue
    await store.settle([{ lease, recipients: [{ index: 0, kind: 'delivered' }] }])
    writeSync(1, `delivered ${id}\n`)
  }
}
