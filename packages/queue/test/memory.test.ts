import { describe, it } from 'vitest'
import { queueStoreCases } from '../src/compliance.ts'
import { createMemoryStore, memoryStoreCapabilities } from '../src/index.ts'
import { createManualClock, createSeededRandom } from '../src/testing.ts'

describe('memory store', () => {
  for (const one of queueStoreCases(memoryStoreCapabilities))
    it(one.name, () => {
      const clock = createManualClock()
      return one.run({ create: () => createMemoryStore({ clock, random: createSeededRandom() }), clock })
    })
})
