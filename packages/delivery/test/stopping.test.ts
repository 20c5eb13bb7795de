import { encodeUtf8 } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { DeliveryError } from '../src/index.ts'
import { Stop } from '../src/transport/stop.ts'
import { hosts, type Rig, rig, run } from './rig.ts'

async function one(): Promise<Rig> {
  const made = await rig()
  hosts(made.zone, 'there.example', '192.0.2.1')
  return made
}

async function stop({ scheduler, clock }: Rig): Promise<void> {
  const stopped = scheduler.stop()
  await clock.advance(1)
  await stopped
}

describe('stopping', () => {
  const untilEnd = [
    'S: 220 mx',
    'C: EHLO *',
    'S: 250 mx',
    'C: MAIL *',
    'S: 250 ok',
    'C: RCPT *',
    'S: 250 ok',
    'C: DATA',
    'S: 354 go',
    'C: ...',
  ]

  it.each([
    ['at the greeting', '-- closed'],
    ['in the hello', 'S: 220 mx\nC: EHLO *\n-- closed'],
    ['before TLS', 'S: 220 mx\nC: EHLO *\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n-- closed'],
    ['in the handshake', 'S: 220 mx\nC: EHLO *\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n-- closed'],
    ['at RCPT', 'S: 220 mx\nC: EHLO *\nS: 250 mx\nC: MAIL *\nS: 250 ok\nC: RCPT *\n-- closed'],
  ])('gives recipients back that wait %s', async (_, script) => {
    const made = await one()
    const mx = made.peer('192.0.2.1', script)
    await made.put({ to: ['a@there.example'] })
    await run(made)
    expect(mx.count).toBe(1)
    await stop(made)
    expect(made.settlements).toMatchObject([{ recipients: [{ index: 0, kind: 'returned' }] }])
    await mx.done()
    expect(mx.count).toBe(1)
    expect(await made.entries()).toMatchObject([{ recipients: [{ state: 'queued', attempts: 0 }] }])
    await made.delivery.close()
    expect(made.network.connections).toBe(0)
  })

  it('gives up a connection that does not come about', async () => {
    const made = await one()
    made.network.disturb('192.0.2.1', { dial: 'blackhole' })
    await made.put({ to: ['a@there.example'] })
    await run(made)
    await stop(made)
    expect(made.settlements).toMatchObject([{ recipients: [{ kind: 'returned' }] }])
    await made.delivery.close()
    expect(made.clock.timers).toBe(0)
  })

  it('gives up such a connection on close too', async () => {
    const made = await one()
    made.network.disturb('192.0.2.1', { dial: 'blackhole' })
    await made.put({ to: ['a@there.example'] })
    await run(made)
    await made.delivery.close()
    expect(made.settlements).toMatchObject([{ recipients: [{ kind: 'returned' }] }])
    await stop(made)
    expect(made.clock.timers).toBe(0)
  })

  it('waits for the reply to a dot that was sent', async () => {
    const made = await one()
    const mx = made.peer('192.0.2.1', [...untilEnd, '-- wait 500', 'S: 250 taken', 'C: QUIT'].join('\n'))
    await made.put({ to: ['a@there.example'] })
    await run(made)
    const stopped = made.scheduler.stop()
    await made.clock.advance(500)
    await stopped
    expect(await made.store.stats()).toMatchObject({ relayed: 1, queued: 0 })
    await made.delivery.close()
    await mx.done()
  })

  it('cuts everything on close', async () => {
    const made = await one()
    const mx = made.peer('192.0.2.1', [...untilEnd, '-- closed'].join('\n'))
    await made.put({ to: ['a@there.example'] })
    await run(made)
    expect(made.delivery.snapshot().active).toBe(1)
    await Promise.all([made.delivery.close(), made.delivery.close()])
    await mx.done()
    expect(made.delivery.snapshot()).toEqual({ active: 0, idleSessions: 0 })
    const lease = {
      ...{ id: 'x' as never, destination: 'there.example', fence: 1, until: 0, reversePath: '', parameters: [] },
      ...{ recipients: [], size: 0, acceptedAt: 0, priority: 0, sender: '', body: encodeUtf8('') },
    }
    const never = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined }
    await expect(made.delivery.deliver(lease, never, { enter: () => true })).rejects.toSatisfy((error) =>
      DeliveryError.is(error, 'DELIVERY_CLOSED'),
    )
  })
})

describe('a wish to stop', () => {
  it('reaches those who wait, and those who come late', () => {
    const controller = new AbortController()
    const stop = new Stop(controller.signal)
    const told: string[] = []
    const gone = (): void => void told.push('gone')
    stop.addEventListener('abort', () => told.push('signal'))
    stop.addEventListener('abort', gone)
    stop.removeEventListener('abort', gone)
    const release = stop.on((stage) => told.push(`first ${stage}`))
    stop.on((stage) => told.push(`second ${stage}`))
    controller.abort()
    expect(stop.aborted).toBe(true)
    stop.on((stage) => told.push(`late ${stage}`))
    release()
    stop.now()
    stop.now()
    expect(told).toEqual(['first soon', 'second soon', 'signal', 'late soon', 'second now', 'late now'])
    expect(new Stop(controller.signal).aborted).toBe(true)
  })
})
