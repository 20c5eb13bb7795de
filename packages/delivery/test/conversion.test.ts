import { binaryMime, chunking, eightBitMime, eightBitMimeJustSend, pipelining, size } from '@angarium/esmtp-extensions'
import { type EnvelopeParameter, QueueError, type QueueStore } from '@angarium/queue'
import { type AnyExtension, encodeUtf8, reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { hosts, type Rig, type RigOptions, reported, rig, run, session } from './rig.ts'
import { type Server, type ServerOptions, server } from './server.ts'

const strict = [size, eightBitMime, pipelining]
const lax = [size, eightBitMimeJustSend]
const all = [...strict, chunking, binaryMime]
const seven = 'Subject: b\r\n\r\nbody\r\n'
const eight = 'Subject: b\r\n\r\nA b\u00f6dy of mostly ASCII\r\n'
const bodies: readonly EnvelopeParameter[][] = [[], [['BODY', '7BIT']], [['BODY', '8BITMIME']]]

async function one(options: RigOptions = {}): Promise<Rig> {
  const made = await rig(options)
  hosts(made.zone, 'there.example', '192.0.2.1')
  return made
}

/** Sends messages, one after the other, to a server with these extensions. */
async function send(
  messages: readonly { readonly content: string; readonly parameters?: readonly EnvelopeParameter[] }[],
  offers: readonly AnyExtension[],
  options: RigOptions,
  serverOptions: ServerOptions = {},
): Promise<{ readonly made: Rig; readonly mx: Server; readonly mail: readonly string[] }> {
  const made = await one(options)
  const mx = server(made, '192.0.2.1', offers, serverOptions)
  for (const { content, parameters = [] } of messages) {
    await made.put({ from: 'ada@here.example', to: ['a@there.example'], content, parameters })
    await run(made)
  }
  return {
    made,
    mx,
    mail: mx.heard.map(({ mail }) =>
      mail
        .replace(/^<.*?> ?/, '')
        .replace(/ ?SIZE=\d+/, '')
        .trim(),
    ),
  }
}

describe('8-bit content', () => {
  const sevens = bodies.map((parameters) => ({ content: seven, parameters }))
  const eights = bodies.map((parameters) => ({ content: eight, parameters }))

  it('is told from 7-bit content by a look, whatever its sender said, where the server takes 7-bit only', async () => {
    const { mx, mail, made } = await send(sevens, [size], { extensions: strict })
    expect(mail).toEqual(['', '', ''])
    expect(mx.heard.map(({ content }) => content)).toEqual([seven, seven, seven])
    expect(made.lines('relayed').map(({ convertedTo }) => convertedTo)).toEqual([undefined, undefined, undefined])
  })

  it('is converted for such a server', async () => {
    const { mx, made } = await send(eights, [size], { extensions: strict })
    const content = [
      ...['Subject: b', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=unknown-8bit'],
      ...['Content-Transfer-Encoding: quoted-printable', '', 'A b=C3=B6dy of mostly ASCII', ''],
    ].join('\r\n')
    expect(mx.heard).toMatchObject(eights.map(() => ({ mail: `<ada@here.example> SIZE=${content.length}`, content })))
    expect(made.lines('relayed')).toMatchObject(eights.map(() => ({ convertedTo: '7bit', brokenSignatures: [] })))
  })

  it('comes back where nothing is converted', async () => {
    const { mx, made } = await send(eights, [size], { extensions: strict, convert: 'never' })
    expect(mx.heard).toEqual([])
    expect(made.lines('failed')).toMatchObject(eights.map(() => ({ status: '5.6.3' })))
  })

  it('goes to such a server as it is where the extension in use says so', async () => {
    const { mx, mail } = await send(eights, [], { extensions: lax })
    expect(mail).toEqual(['', '', ''])
    expect(mx.heard.map(({ content }) => content)).toEqual(eights.map(() => Buffer.from(eight).toString('latin1')))
  })

  it('is announced to a server that offers 8BITMIME unless its sender denied it; BODY=7BIT is never passed on', async () => {
    for (const extensions of [strict, lax]) {
      const { mail } = await send([...sevens, ...eights], [size, eightBitMime], { extensions })
      expect(mail).toEqual(['BODY=8BITMIME', '', 'BODY=8BITMIME', 'BODY=8BITMIME', '', 'BODY=8BITMIME'])
    }
  })

  it('is surveyed and converted at most once in an attempt, and only for a server that needs it', async () => {
    let read = 0
    const pieces = ['a: b\r\n\r\n', 'c: \u00fc\r\n', 'd: e\r\n']
    const store = {
      async *read() {
        for (const piece of pieces) {
          read++
          yield encodeUtf8(piece)
        }
      },
    }
    const content = 'x'.repeat(70_000)
    const reads = async (
      offers: readonly string[],
      options: RigOptions,
      next: readonly string[] = [],
    ): Promise<number> => {
      const made = await rig({ store, ...options })
      hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
      made.peer('192.0.2.1', session({ offers, transactions: [{ rcpt: ['421 busy'] }] }))
      made.peer('192.0.2.2', session({ offers: next, transactions: [{}, {}] }))
      read = 0
      await made.put({ to: ['a@there.example', 'b@there.example'], content })
      await run(made)
      expect(made.lines('relayed')).toHaveLength(2)
      return read
    }
    const limits = { recipients: 1 }
    const [survey, conversion, transfer] = [3, 3, 3]
    // Two servers and three transactions, of which two send the content.
    expect(await reads([], { extensions: strict, limits })).toBe(survey + conversion)
    expect(await reads(['8BITMIME'], { extensions: strict, limits })).toBe(survey + conversion)
    expect(await reads(['8BITMIME'], { extensions: strict, limits }, ['8BITMIME'])).toBe(transfer + transfer)
    expect(await reads([], { extensions: lax, limits })).toBe(transfer + transfer)
    expect(await reads([], { extensions: [size], limits })).toBe(transfer + transfer)
  })

  it('that cannot be looked at defers all, and the session lives on', async () => {
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

describe('binary content', () => {
  const parameters = [['BODY', 'BINARYMIME'] as const]
  const binary = 'Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\n.\r\0\r\n'
  const message = { content: binary, parameters }

  it('goes by BDAT where that is offered, octet for octet', async () => {
    const { mx, mail, made } = await send([message], all, { extensions: all })
    expect(made.lines('relayed')).toMatchObject([{ recipient: 'a@there.example' }])
    expect(mail).toEqual(['BODY=BINARYMIME'])
    expect(mx.heard[0]?.content).toBe(binary)
  })

  it.each([
    { to: '8bit', offers: [size, eightBitMime, pipelining], said: 'BODY=8BITMIME' },
    { to: '7bit', offers: [size], said: '' },
  ])('is converted for a server that takes $to', async ({ to, offers, said }) => {
    const { mx, mail, made } = await send([message], offers, { extensions: all })
    expect(mail).toEqual([said])
    expect(mx.heard[0]?.content).toContain(`\r\n\r\n${Buffer.from('\n.\r\0\r\n').toString('base64')}\r\n`)
    expect(made.lines('relayed')).toMatchObject([{ convertedTo: to }])
  })
})

describe('conversion', () => {
  const signed = `DKIM-Signature: v=1; d=sender.example; s=key1; bh=x; b=y\r\n${eight}`
  const sealed = [
    'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b',
    ...['', '--b', '', 'b\u00f6dy', '--b', 'Content-Type: application/pgp-signature', '', 'x', '--b--', ''],
  ].join('\r\n')

  it('names the signatures it breaks, in the log and to the sender of what is refused then', async () => {
    const { made } = await send([{ content: signed }], [size], { extensions: strict })
    const broken = { convertedTo: '7bit', brokenSignatures: ['dkim d=sender.example s=key1'] }
    expect(made.lines('relayed')).toMatchObject([broken])
    const refused = { end: () => reply(550, '7.1', 'DMARC says no') }
    const { made: other } = await send([{ content: signed }], [size], { extensions: strict }, refused)
    expect(other.lines('failed')).toMatchObject([broken])
    expect(other.mail[0]?.text.replace(/\s+/g, ' ')).toContain(
      'it was sent as 7bit, which broke dkim d=sender.example s=key1',
    )
  })

  it('names no more of them than a line of a log may hold', async () => {
    const many = Array.from({ length: 100 }, (_, n) => `DKIM-Signature: d=${'x'.repeat(500)}; s=key${n}; b=y\r\n`)
    const { made } = await send([{ content: many.join('') + eight }], [size], { extensions: strict })
    const [line] = made.lines('relayed')
    expect(JSON.stringify(line?.brokenSignatures).length).toBeLessThan(5_000)
    expect(line?.brokenSignatures).toHaveLength(16)
  })

  it('leaves alone what is signed as a whole, and returns it', async () => {
    const { made, mx } = await send([{ content: sealed }], [size], { extensions: strict })
    expect(mx.heard).toEqual([])
    expect(made.lines('failed')).toMatchObject([
      { status: '5.6.3', because: expect.stringContaining('it is signed or encrypted as a whole') },
    ])
    expect(
      reported(made.mail[0]?.text ?? '')
        .get('a@there.example')
        ?.get('Status'),
    ).toBe('5.6.3')
  })

  it('lets long lines go on as they came, where lines is what came', async () => {
    const long = `X-Long: ${'x'.repeat(1000)}\r\n${eight}`
    const { mx } = await send([{ content: long }], [size], { extensions: strict })
    expect(mx.heard[0]?.content.split('\r\n')[0]).toHaveLength(1008)
    const binary = { content: long, parameters: [['BODY', 'BINARYMIME'] as const] }
    const { made } = await send([binary], [size], { extensions: all })
    expect(made.lines('failed')).toMatchObject([{ because: expect.stringContaining('its header is no text') }])
  })

  it('does not take on what is larger than its room', async () => {
    const limits = { convertOctets: 30 }
    const { made } = await send([{ content: `${eight}${'x'.repeat(30)}\r\n` }], [size], { extensions: strict, limits })
    expect(made.lines('failed')).toMatchObject([
      { status: '5.6.3', because: expect.stringContaining('more than the 30 converted here') },
    ])
  })

  it('takes turns where there is not room for all, and lets go of those who are told to stop', async () => {
    const limits = { convertOctets: Buffer.byteLength(eight) }
    const made = await one({ extensions: strict, limits })
    let answer: (() => void) | undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const mx = server(made, '192.0.2.1', [size], {
      end: () => {
        answer?.()
        return undefined
      },
    })
    for (const name of ['a', 'b', 'c']) await made.put({ to: [`${name}@there.example`], content: eight })
    await run(made)
    await answered
    expect(mx.heard).toHaveLength(3)

    const silent = await one({ extensions: strict, limits })
    silent.peer('192.0.2.1', 'S: 220 mx\nC: EHLO *\nS: 250 mx\nC: MAIL *\n-- wait 60000')
    for (const name of ['a', 'b']) await silent.put({ to: [`${name}@there.example`], content: eight })
    await run(silent)
    expect(silent.delivery.snapshot().active).toBe(2)
    await silent.delivery.close()
    expect(silent.delivery.snapshot().active).toBe(0)
    expect(silent.settlements.flatMap(({ recipients }) => recipients)).toMatchObject([
      { kind: 'returned' },
      { kind: 'returned' },
    ])
  })
})
