import { describe, it } from 'vitest'
import { mechanismCases } from '../src/compliance.ts'
import { setups } from './setups.ts'

for (const one of setups) {
  describe(one.server.name, () => {
    for (const { name, run } of mechanismCases) it(name, () => run(one))
  })
}
