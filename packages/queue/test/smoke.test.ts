import { expect, it } from 'vitest'
import { createMemoryStore } from '../src/index.ts'
import { createManualClock, createSeededRandom } from '../src/testing.ts'

it('runs', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, random: createSeededRandom() })
  await store.open()
  const d = store.draft()
  d.write(new Uint8Array(3))
  const a = await d.commit({ reversePath: 'a@b', parameters: [], recipients: [{ address: 'x@y', parameters: [], destination: 'y' }] })
  console.log(a, await store.due(10))
  const leases = await store.lease({ destination: 'y', holder: 'h', duration: 1000, limit: 5 })
  console.log(leases[0], await store.due(10), await store.stats())
  console.log(await store.settle([{ lease: leases[0]!, recipients: [{ index: 0, kind: 'delivered' }] }]), await store.stats())
  expect(1).toBe(1)
})
