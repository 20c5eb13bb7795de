import { expect, it, vi } from 'vitest'
import { checkPassword, createRecord, hasArgon2, parseRecord, Secret, schemes } from '../src/index.ts'
import { must } from './rig.ts'

vi.mock('node:crypto', async (original) => ({ ...(await original<object>()), argon2Sync: undefined }))

it('a runtime without Argon2 says so, and reads such records all the same', () => {
  expect(hasArgon2).toBe(false)
  const secret = new Secret('password')
  const unsupported = expect.objectContaining({ code: 'SASL_UNSUPPORTED', detail: { scheme: 'argon2id' } })
  expect(() => createRecord(secret, schemes.argon2id)).toThrow(unsupported)
  const record = must(
    parseRecord('$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'),
  )
  expect(() => checkPassword([record], secret, [schemes.scramSha256])).toThrow(unsupported)
})
