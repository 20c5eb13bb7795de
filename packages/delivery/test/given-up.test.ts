import { describe, expect, it } from 'vitest'
import { from, gate, leaseOf, never } from './lease.ts'
import { hosts, type Rig, type RigOptions, reported, rig, run, session } from './rig.ts'

async function one(options: RigOptions = {}): Promise<Rig> {
  const made = await rig(options)
  hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
  return made
}

describe('recipients that an operator gave up', () => {
  it('fail without an attempt, and the sender is told why', async () => {
    const made = await one()
    const mx = made.peer('192.0.2.1', session())
    const lease = leaseOf('there.example', { bounce: 'spam run' }, {})
    const { recipients, spawn = [] } = await made.delivery.deliver(lease, never, gate())
    expect(recipients).toMatchObject([
      { index: 0, kind: 'failed', status: '5.7.0', because: 'given up by the operator: spam run' },
      { index: 1, kind: 'relayed' },
    ])
    await made.clock.advance(5_000)
    expect((await mx.done()).flatMap(({ lines }) => lines).filter((line) => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<r1@there.example>',
    ])
    const fields = reported(new TextDecoder().decode(spawn[0]?.content)).get('r0@there.example')
    expect([fields?.get('Action'), fields?.get('Status')]).toEqual(['failed', '5.7.0'])
    expect(new TextDecoder().decode(spawn[0]?.content)).toContain('spam run')
    expect(made.lines('failed')).toMatchObject([{ recipient: 'r0@there.example', status: '5.7.0' }])
  })

  it('fail also where the others find no place', async () => {
    const made = await one()
    const lease = leaseOf('there.example', { bounce: 'spam run' }, {})
    const { recipients } = await made.delivery.deliver(lease, never, gate(false))
    expect(recipients).toMatchObject([{ index: 0, kind: 'failed' }])
  })

  it('fail while their destination is passed over', async () => {
    const made = await one()
    const lease = leaseOf('there.example', {}, { bounce: 'spam run' })
    const { recipients, spawn } = await made.delivery.withoutAttempt(lease, 'passed-over')
    expect(recipients).toMatchObject([
      { index: 1, kind: 'failed', status: '5.7.0' },
      { index: 0, kind: 'deferred' },
    ])
    expect(spawn).toHaveLength(1)
    expect(made.lines('failed')).toMatchObject([{ recipient: 'r1@there.example' }])
    const gone = await made.delivery.withoutAttempt(leaseOf('there.example', { bounce: 'spam run' }), 'passed-over')
    expect(gone.recipients).toMatchObject([{ kind: 'failed' }])
    expect(made.lines('not-attempted')).toHaveLength(1)
  })

  it('come out of a queue that way', async () => {
    const made = await one()
    await made.put({ from, to: ['a@there.example', 'bob@here.example'] })
    for await (const _ of made.store.change({}, { kind: 'bounce', because: 'enough' }));
    await run(made)
    expect(await made.store.stats()).toMatchObject({ failed: 2, delivered: 2, queued: 0 })
    expect(made.network.connections).toBe(0)
    expect(made.mail.map(({ item }) => item.address)).toEqual([from, from])
  })

  it('are told to nobody where there is no sender', async () => {
    const made = await one()
    const lease = { ...leaseOf('there.example', { bounce: 'enough' }), reversePath: '' }
    const { spawn } = await made.delivery.deliver(lease, never, gate())
    expect(spawn).toEqual([])
    expect(made.lines('double-bounce')).toMatchObject([{ status: '5.7.0' }])
  })
})

describe('what is over its time', () => {
  it('expires, and is reported as a failure', async () => {
    const made = await one({ retry: { lifetimeMs: 10_000_000 } })
    made.peer('192.0.2.1', 'S: 450 busy')
    made.peer('192.0.2.2', 'S: 450 busy')
    await made.clock.advance(10_000_000)
    const { recipients, spawn = [] } = await made.delivery.deliver(leaseOf('there.example', {}), never, gate())
    expect(recipients).toMatchObject([{ kind: 'expired', status: '4.4.7', reply: { code: 450 } }])
    const fields = reported(new TextDecoder().decode(spawn[0]?.content)).get('r0@there.example')
    expect(fields?.get('Action')).toBe('failed')
    expect(made.lines('expired')).toMatchObject([{ status: '4.4.7' }])
  })

  it('expires for its destination only where that has a lifetime of its own', async () => {
    const made = await one({
      retryOf: (destination) => (destination === 'there.example' ? { lifetimeMs: 5_000_000 } : undefined),
    })
    hosts(made.zone, 'other.example', '192.0.2.3')
    await made.clock.advance(6_000_000)
    for (const [destination, kind] of [
      ['there.example', 'expired'],
      ['other.example', 'deferred'],
    ] as const) {
      const { recipients } = await made.delivery.deliver(leaseOf(destination, {}), never, gate())
      expect(recipients).toMatchObject([{ kind }])
    }
  })

  it('expires where the sender set it', async () => {
    const made = await one()
    await made.clock.advance(10_000)
    const lease = { ...leaseOf('there.example', {}), parameters: [['BY', '5;R'] as const] }
    const { recipients } = await made.delivery.deliver(lease, never, gate())
    expect(recipients).toMatchObject([{ kind: 'expired', status: '5.4.7' }])
  })
})
