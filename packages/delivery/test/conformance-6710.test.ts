import { mtPriority, pipelining } from '@angarium/esmtp-extensions'
import { describe, expect, it } from 'vitest'
import { rig, run } from './rig.ts'
import { server } from './server.ts'

/** Requirements of RFC 6710 that no other test was about. */

describe('a priority', () => {
  it('goes on over LMTP as well', async () => {
    const made = await rig({
      extensions: [pipelining, mtPriority()],
      route: () => ({ host: '192.0.2.1', port: 24, protocol: 'lmtp', tls: 'none' }),
    })
    const host = server(made, '192.0.2.1', [mtPriority()], { port: 24, protocol: 'lmtp' })
    await made.put({ to: ['a@there.example'], parameters: [['MT-PRIORITY', '-4']], options: { priority: -4 } })
    await run(made)
    expect(host.heard).toMatchObject([{ mail: '<ada@sender.example> MT-PRIORITY=-4' }])
  })
})
