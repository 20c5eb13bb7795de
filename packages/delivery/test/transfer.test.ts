import { eightBitMime, eightBitMimeJustSend, pipelining, size } from '@angarium/esmtp-extensions'
import { type EnvelopeParameter, QueueError, type QueueStore } from '@angarium/queue'
import { defineExtension, encodeUtf8 } from '@angarium/smtp-wire'
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
      { status: '5.6.3', because: '8bitmime forbids sending it to mx1.there.example' },
    ])
    await made.clock.advance(5_000)
    await mx.done()
  })
})

describe('8-bit content', () => {
  const [seven, eight] = ['a: b\r\n', 'a: ü\r\n']
  const bodies: readonly EnvelopeParameter[][] = [[], [['BODY', '7BIT']], [['BODY', '8BITMIME']]]
  const strict = [size, eightBitMime]
  const lax = [size, eightBitMimeJustSend]

  /** The MAIL line a server hears of each message, in order, and what becomes of them. */
  async function send(
    messages: readonly { readonly content: string; readonly parameters: readonly EnvelopeParameter[] }[],
    offers: readonly string[],
    options: RigOptions,
  ): Promise<{ readonly mail: readonly string[]; readonly made: Rig }> {
    const made = await one(options)
    const mx = made.peer('192.0.2.1', session({ offers }))
    for (const { content, parameters } of messages) {
      await made.put({ from: '', to: ['a@there.example'], content, parameters })
      await run(made)
      await made.clock.advance(5_000)
    }
    const reports = await Promise.all(mx.reports)
    return { mail: reports.flatMap(({ lines }) => lines.filter((line) => line.startsWith('MAIL'))), made }
  }

  it('is told from 7-bit content by a look, whatever its sender said, where the server takes 7-bit only', async () => {
    const sevens = bodies.map((parameters) => ({ content: seven, parameters }))
    const { mail, made } = await send(sevens, ['SIZE'], { extensions: strict })
    expect(mail).toEqual(sevens.map(() => 'MAIL FROM:<> SIZE=6'))
    expect(made.lines('relayed')).toHaveLength(3)

    const eights = bodies.map((parameters) => ({ content: eight, parameters }))
    const { mail: none, made: other } = await send(eights, ['SIZE'], { extensions: strict })
    expect(none).toEqual([])
    expect(other.lines('failed')).toMatchObject(eights.map(() => ({ status: '5.6.3', reply: { code: 554 } })))
  })

  it('goes to such a server where the extension in use says so', async () => {
    const eights = bodies.map((parameters) => ({ content: eight, parameters }))
    const { mail, made } = await send(eights, [], { extensions: lax })
    expect(mail).toEqual(eights.map(() => 'MAIL FROM:<>'))
    expect(made.lines('relayed')).toHaveLength(3)
  })

  it('is announced to a server that offers 8BITMIME unless its sender denied it; BODY=7BIT is never passed on', async () => {
    for (const extensions of [strict, lax]) {
      const both = [seven, eight].flatMap((content) => bodies.map((parameters) => ({ content, parameters })))
      const { mail } = await send(both, ['SIZE', '8BITMIME'], { extensions })
      expect(mail.map((line) => line.replace(/ SIZE=./, ''))).toEqual(
        both.map(({ parameters }) => `MAIL FROM:<>${parameters[0]?.[1] === '7BIT' ? '' : ' BODY=8BITMIME'}`),
      )
    }
  })

  it('is looked for at most once in an attempt, up to its first such octet, and only for a server that needs it', async () => {
    let read = 0
    const pieces = ['a: b\r\n', 'c: ü\r\n', 'd: e\r\n']
    const store = {
      async *read() {
        for (const piece of pieces) {
          read++
          yield encodeUtf8(piece)
        }
      },
    }
    const content = 'x'.repeat(70_000)
    const reads = async (offers: readonly string[], options: RigOptions): Promise<number> => {
      const made = await rig({ store, ...options })
      hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
      made.peer('192.0.2.1', session({ offers, transactions: [{ rcpt: ['421 busy'] }] }))
      made.peer('192.0.2.2', session({ offers: [], transactions: [{}, {}] }))
      read = 0
      await made.put({ from: '', to: ['a@there.example', 'b@there.example'], content })
      await run(made)
      return read
    }
    const limits = { recipients: 1 }
    expect(await reads([], { extensions: strict })).toBe(2)
    // Two servers and three transactions, of which two send the content.
    expect(await reads([], { extensions: lax, limits })).toBe(2 + 3 + 3)
    expect(await reads([], { extensions: [size], limits })).toBe(3 + 3)
    expect(await reads(['8BITMIME'], { extensions: lax, limits })).toBe(2 + 3 + 3)
  })

  it('that cannot be looked for defers all, and the session lives on', async () => {
    const store: Pick<QueueStore, 'read'> = {
      // biome-ignore lint/correctness/useYield: it fails before
      async *read() {
        throw new QueueError('QUEUE_STORE_FAILED', 'no disk', { operation: 'read' })
      },
    }
    const made = await one({ store, extensions: strict })
    const mx = made.peer('192.0.2.1', session({ transactions: [] }))
    await made.put({ to: ['a@there.example'], content: 'x'.repeat(70_000) })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.3.0', because: 'the queue could not give the content' }])
    expect(made.lines('content-unreadable')).toHaveLength(1)
    expect(made.delivery.snapshot().idleSessions).toBe(1)
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
