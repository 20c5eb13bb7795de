import { describe, it } from 'vitest'
import { cases } from './samples.ts'

for (const [name, list] of Object.entries(cases))
  describe(name, () => {
    for (const one of list) it(one.name, () => one.run())
  })
