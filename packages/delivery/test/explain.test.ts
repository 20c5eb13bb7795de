import { describe, expect, it } from 'vitest'
import { hosts, type Rig, rig, run, session } from './rig.ts'

async function two(): Promise<Rig> {
  const made = await rig({
    route: (destination) =>
      destination === 'routed.example'
        ? { host: 'relay.example', port: 587, protocol: 'smtp', tls: 'verify' }
        : undefined,
  })
  hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
  made.zone.set('relay.example', { A: ['192.0.2.5'] })
  return made
}

describe('an explanation', () => {
  it('names the hosts, how they were found, what TLS must come to, and the sessions that wait', async () => {
    const made = await two()
    made.peer('192.0.2.1', session())
    await made.put({ to: ['a@there.example'] })
    await run(made)
    const address = (address: string, idleSessions: number) => ({ address, idleSessions })
    const tls = { kind: 'opportunistic', source: 'default' }
    expect(await made.delivery.explain('there.example')).toEqual({
      kind: 'hosts',
      by: 'mx',
      nextHop: 'mx1.there.example',
      protocol: 'smtp',
      port: 25,
      tls: undefined,
      canonicalName: 'there.example',
      authentic: false,
      hosts: [
        { ...host(1), rank: 0, tls, addresses: [address('192.0.2.1', 1)] },
        { ...host(2), rank: 1, tls, addresses: [address('192.0.2.2', 0)] },
      ],
    })
    function host(at: number) {
      const name = `mx${at}.there.example`
      return { host: name, canonicalName: name, authentic: false }
    }
  })

  it.each([
    ['routed.example', 'route', 'smtp relay.example:587', 'verify', 'route'],
    ['relay.example', 'implicit-mx', 'relay.example', 'opportunistic', 'default'],
    ['[192.0.2.7]', 'literal', '192.0.2.7', 'opportunistic', 'default'],
  ])('of %s says how its hosts were found: %s', async (destination, by, nextHop, kind, source) => {
    const made = await two()
    expect(await made.delivery.explain(destination)).toMatchObject({
      kind: 'hosts',
      by,
      nextHop,
      hosts: [{ tls: { kind, source } }],
    })
    expect(made.network.connections).toBe(0)
  })

  it('knows what the sender of a message demands', async () => {
    const made = await two()
    const message = { reversePath: 'ada@here.example', parameters: [['REQUIRETLS', undefined] as const] }
    const explain = (domain: string) => made.delivery.explain(domain, message)
    expect(await explain('there.example')).toMatchObject({ kind: 'failed', status: '5.7.10' })
    made.zone.set('sure.example', { authentic: true, MX: [{ preference: 1, exchange: 'relay.example' }] })
    expect(await explain('sure.example')).toMatchObject({
      hosts: [{ tls: { kind: 'verify', name: 'relay.example', source: 'requiretls' } }],
    })
  })

  it('is the trouble where there is one', async () => {
    const made = await two()
    made.zone.set('null.example', { MX: [{ preference: 0, exchange: '.' }] })
    made.zone.set('broken.example', { fails: 'servfail' })
    expect(await made.delivery.explain('null.example')).toMatchObject({ kind: 'failed', status: '5.1.10' })
    expect(await made.delivery.explain('broken.example')).toMatchObject({
      kind: 'deferred',
      status: '4.4.3',
      because: expect.stringContaining('servfail'),
    })
  })

  it('of local mail is short', async () => {
    const made = await two()
    const destination = 'local:here.example'
    expect(await made.delivery.explain(destination)).toEqual({ kind: 'local', nextHop: destination })
    const without = await rig({ mailboxes: undefined as never })
    expect(await without.delivery.explain(destination)).toMatchObject({ kind: 'deferred', status: '4.3.5' })
  })
})
