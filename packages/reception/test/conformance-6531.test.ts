import { describe, expect, it } from 'vitest'
import { createReception } from '../src/index.ts'
import { createRig, policy } from './rig.ts'

/** Requirements of RFC 6531 that no other test was about. */

describe('the name of this host', () => {
  it('is ASCII: another is refused', async () => {
    const { store, clock } = await createRig()
    const options = { extensions: [], store, clock, recipients: policy }
    expect(() => createReception({ ...options, hostname: 'mx.ex\u00e4mple' })).toThrow('hostname')
  })
})
