import { describe, expect, it } from 'vitest'
import { rig } from './rig.ts'

/** Requirements of RFC 6531 that no other test was about. */

describe('the name said in EHLO', () => {
  it('is ASCII: another is refused', async () => {
    await expect(rig({ hostname: 'mx.ex\u00e4mple' })).rejects.toMatchObject({ code: 'DELIVERY_OPTION' })
  })
})
