import { rrvs } from '@angarium/esmtp-extensions'
import { describe, expect, it } from 'vitest'
import { createRig, extensions } from './rig.ts'

/** Requirements of RFC 7293 that no other test was about. */

describe('RRVS', () => {
  it('gets no other reply, so that nobody learns of a mailbox by asking', async () => {
    const rig = await createRig({ extensions: [...extensions, rrvs] })
    const client = await rig.open()
    await client.say('MAIL FROM:<s@sender.test>')
    const plain = await client.say('RCPT TO:<alice@local.test>')
    for (const time of ['1970-01-01T00:00:00Z', '2026-11-24T12:30:00Z;R', '2099-01-01T00:00:00Z;C'])
      expect(await client.say(`RCPT TO:<alice@local.test> RRVS=${time}`)).toBe(plain)
  })
})
