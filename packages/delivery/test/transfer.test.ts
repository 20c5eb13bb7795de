import { eightBitMime, pipelining, size } from '@angarium/esmtp-extensions'
import { QueueError, type QueueStore } from '@angarium/queue'
import { defineExtension } from '@angarium/smtp-wire'
import { playScript } from '@angarium/smtp-wire/testing'
import { describe, expect, it } from 'vitest'
import { DeliveryError } from '../src/index.ts'
import { hosts, type Rig, type RigOptions, rig, run, session } from './rig.ts'

async function one(options: RigOptions = {}): Promise<Rig> {
  const made = await rig(options)
  hosts(made.zone, 'there.example', '192.0.2.1')
  return made
}

describe('LMTP', () => {
  it('settles each recipient by its own reply', async () => {
    const made = await rig({ route: () => ({ host: '127.0.0.1', port: 24, protocol: 'lmtp', tls: 'none' }) })
    const script = [
      ...['S: 220 lmtp', 'C: LHLO us.example', 'S: 250-lmtp', 'S: 250 PIPELINING', 'C: MAIL *', 'S: 250 ok'],
      ...[
        'C: RCPT *',
        'S: 250 ok',
        'C: RCPT *',
        'S: 250 ok',
        'C: RCPT *',
        'S: 550 5.1.1 nobody',
        'C: RCPT *',
        'S: 250 ok',
      ],
      ...['C: DATA', 'S: 354 go', 'C: ...', 'S: 250 2.1.5 stored', 'S: 452 4.2.2 full', 'S: 554 5.6.0 no', 'C: QUIT'],
    ]
    const failures: (string | undefined)[] = []
    made.network.listen('127.0.0.1', 24, (transport) => {
      void playScript(transport, script.join('\n')).then(({ failure }) => failures.push(failure))
    })
    await made.put({ from: '', to: ['a', 'b', 'c', 'd'].map((name) => `${name}@there.example`) })
    await run(made)
    expect(made.lines('delivered')).toMatchObject([{ recipient: 'a@there.example', reply: { status: '2.1.5' } }])
    expect(made.lines('deferred')).toMatchObject([{ recipient: 'b@there.example', status: '4.2.2' }])
    expect(made.lines('failed')).toMatchObject([
      { recipient: 'c@there.example', status: '5.1.1' },
      { recipient: 'd@there.example', status: '5.6.0' },
    ])
    await made.clock.advance(5_000)
    expect(failures).toEqual([undefined])
  })
})

describe('extensions', () => {
  const marked = defineExtension({
    name: 'marked',
    rfc: 9999,
    keyword: 'XMARK',
    mail: { XMARK: { maxOctets: 20, parse: (value: string | undefined) => value, format: (value: string) => value } },
    rcpt: { XTO: { maxOctets: 20, parse: (value: string | undefined) => value, format: (value: string) => value } },
  })

  it('carry their parameters on to servers that offer them, and to no others', async () => {
    const made = await one({ extensions: [marked, size, eightBitMime, pipelining] })
    hosts(made.zone, 'plain.example', '192.0.2.2')
    const script = [
      ...['S: 220 mx', 'C: EHLO *', 'S: 250-mx', 'S: 250-XMARK', 'S: 250-SIZE', 'S: 250 8BITMIME'],
      ...['C: MAIL FROM:<ada@sender.example> XMARK=a SIZE=26 BODY=8BITMIME', 'S: 250 ok'],
      ...['C: RCPT TO:<a@there.example> XTO=b', 'S: 250 ok', 'C: DATA', 'S: 354 go', 'C: ...', 'S: 250 ok', 'C: QUIT'],
    ]
    const offering = made.peer('192.0.2.1', script.join('\n'))
    const plain = made.peer(
      '192.0.2.2',
      ['S: 220 mx', 'C: EHLO *', 'S: 250 mx', 'C: MAIL FROM:<ada@sender.example>', 'S: 250 ok']
        .concat(['C: RCPT TO:<a@plain.example>', 'S: 250 ok', 'C: DATA', 'S: 354 go', 'C: ...', 'S: 250 ok', 'C: QUIT'])
        .join('\n'),
    )
    const to = ['a@there.example', 'a@plain.example'].map((address) => ({
      address,
      parameters: [['XTO', 'b'] as const, ['XUNKNOWN', 'c'] as const],
    }))
    await made.put({
      to,
      parameters: [
        ['XMARK', 'a'],
        ['SIZE', '999'],
        ['XUNKNOWN', 'c'],
      ],
    })
    await run(made)
    await made.clock.advance(5_000)
    await offering.done()
    await plain.done()
  })

  it('fail a message that a server cannot take, without asking it', async () => {
    const made = await one({ extensions: [size, eightBitMime] })
    const mx = made.peer('192.0.2.1', 'S: 220 mx\nC: EHLO *\nS: 250-mx\nS: 250 SIZE 10\nC: QUIT')
    await made.put({ from: '', to: ['a@there.example'] })
    await made.put({ from: '', to: ['b@there.example'], content: 'a: ü\r\n' })
    await run(made)
    expect(made.lines('failed')).toMatchObject([
      { status: '5.3.4', reply: { code: 552 }, because: 'size forbids sending it to mx1.there.example' },
      { status: '5.6.3', because: expect.stringContaining('mx1.there.example takes 7bit content only') },
    ])
    await made.clock.advance(5_000)
    await mx.done()
  })
})

describe('content', () => {
  /** A store that keeps bodies back from leases, and may fail to give them. */
  const keeping = (store: QueueStore, fail: () => boolean): Pick<QueueStore, 'read'> => ({
    async *read(id) {
      let octets = 0
      for await (const chunk of store.read(id)) {
        if (fail() && octets > 0) throw new QueueError('QUEUE_STORE_FAILED', 'no disk', { operation: 'read' })
        yield chunk.subarray(0, 8)
        octets += 8
        if (fail()) throw new QueueError('QUEUE_STORE_FAILED', 'no disk', { operation: 'read' })
        yield chunk.subarray(8)
      }
    },
  })

  it('that cannot be read defers all, and no dot is sent', async () => {
    let broken = true
    let read: Pick<QueueStore, 'read'> | undefined
    const made = await one({ store: { read: (id) => (read as Pick<QueueStore, 'read'>).read(id) } })
    read = keeping(made.store, () => broken)
    const large = `Subject: large\r\n\r\n${'0123456789'.repeat(30_000)}\r\n`
    const before = [
      'S: 220 mx',
      'C: EHLO *',
      'S: 250 mx',
      'C: MAIL *',
      'S: 250 ok',
      'C: RCPT *',
      'S: 250 ok',
      'C: DATA',
      'S: 354 go',
      '-- closed',
    ]
    const mx = made.peer('192.0.2.1', before.join('\n'), session())
    await made.put({ to: ['a@there.example'], content: large })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.3.0', because: 'the queue could not give the content' }])
    expect(made.lines('content-unreadable')).toHaveLength(1)
    await mx.done()
    broken = false
    await made.clock.advance(310_000)
    expect(await made.store.stats()).toMatchObject({ relayed: 1 })
  })

  it('with a line end alone is never sent', async () => {
    const made = await one()
    made.peer('192.0.2.1', session())
    await made.put({ from: '', to: ['a@there.example'], content: 'Subject: x\n\nSmuggled\r\n.\nMAIL\r\n' })
    await run(made)
    expect(made.lines('failed')).toMatchObject([{ status: '5.6.0' }])
  })
})

describe('options', () => {
  it.each<RigOptions>([
    { limits: { addresses: 0 } },
    { hostname: 'no..name' },
    { identity: { names: ['no..name'] } },
    { identity: { addresses: ['192.0.2'] } },
    { families: [] },
    { sessionLimits: { mailMs: 0 } },
    { sessionLimits: { reply: { lineOctets: 0, lines: 10 } } },
  ])('that cannot be meant are refused: %o', async (options) => {
    await expect(rig(options)).rejects.toSatisfy((error) => DeliveryError.is(error, 'DELIVERY_OPTION'))
  })
})

describe('faults of our own', () => {
  it('defer what was not settled, and keep what was', async () => {
    const faulty = defineExtension({
      name: 'faulty',
      rfc: 9999,
      keyword: 'XFAULTY',
      client: {
        plan({ recipients }) {
          if (recipients.some(({ forwardPath: to }) => to.kind === 'mailbox' && to.localPart === 'b'))
            throw new Error('a bug')
          return { kind: 'send' }
        },
      },
    })
    const made = await one({ extensions: [faulty], limits: { recipients: 1 } })
    made.peer('192.0.2.1', session())
    await made.put({ to: ['a@there.example', 'b@there.example', 'c@there.example'] })
    await run(made)
    expect(made.lines('relayed')).toMatchObject([{ recipient: 'a@there.example' }])
    expect(made.lines('deferred')).toMatchObject([
      { recipient: 'b@there.example', status: '4.3.0' },
      { recipient: 'c@there.example', status: '4.3.0' },
    ])
    expect(made.lines('delivery-error')).toMatchObject([{ error: { message: 'a bug' } }])
  })

  it('of the dialer are told', async () => {
    const made = await one({ dialer: { dial: () => Promise.reject(new TypeError('no such thing')) } })
    await made.put({ to: ['a@there.example'] })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.3.0' }])
    expect(made.lines('delivery-error')).toMatchObject([{ error: { message: 'no such thing' } }])
  })

  it('of the resolver are told', async () => {
    const made = await rig({ resolver: { resolve: () => Promise.reject(new TypeError('no such thing')) } })
    await made.put({ to: ['a@there.example'] })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.3.0' }])
    expect(made.lines('delivery-error')).toHaveLength(1)
  })
})
