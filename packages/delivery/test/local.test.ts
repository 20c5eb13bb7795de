import { settled } from '@angarium/queue/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeaderFilter } from '../src/local/header.ts'
import vectors from '../vectors/header.json' with { type: 'json' }
import { type RigOptions, rig } from './rig.ts'

/** What a filter makes of chunks. */
function filtered(chunks: readonly Uint8Array[]): { readonly output: string; readonly deliveredTo: readonly string[] } {
  const deliveredTo: string[] = []
  const filter = new HeaderFilter((field, value) => field === 'delivered-to' && deliveredTo.push(value))
  const kept: Uint8Array[] = chunks.flatMap((chunk) => [...filter.pass(chunk)].map((piece) => piece.slice()))
  kept.push(...filter.end())
  return { output: Buffer.concat(kept).toString('utf8'), deliveredTo }
}

describe.each(vectors)('header filter: $name', ({ input, output, deliveredTo = [] }) => {
  const octets = Buffer.from(input)
  const expected = { output, deliveredTo }

  it('passes as written', () => {
    expect(filtered([octets])).toEqual(expected)
  })

  it('does the same cut at every place, and octet by octet', () => {
    for (let at = 0; at <= octets.length; at++)
      expect(filtered([octets.subarray(0, at), octets.subarray(at)])).toEqual(expected)
    expect(filtered([...octets].map((octet) => Uint8Array.of(octet)))).toEqual(expected)
  })
})

describe('header filter', () => {
  const line = fc.oneof(
    fc.constantFrom('Return-Path: <a@b>', 'return-path:', ' folded', '\tfolded', 'Delivered-To: a@b', '', ':', '\r'),
    fc.string({ maxLength: 100 }),
  )
  const message = fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join('\r\n')))

  it('does not depend on where chunks end', () => {
    fc.assert(
      fc.property(message, fc.array(fc.nat(), { maxLength: 5 }), (octets, places) => {
        const cuts = [0, ...places.map((place) => place % (octets.length + 1)).sort((a, b) => a - b), octets.length]
        const chunks = cuts.slice(1).map((end, at) => octets.subarray(cuts[at], end))
        expect(filtered(chunks)).toEqual(filtered([octets]))
      }),
    )
  })

  it('leaves nothing more to take away', () => {
    fc.assert(
      fc.property(message, (octets) => {
        const { output } = filtered([octets])
        const again = filtered([Buffer.from(output)]).output
        expect(again).toBe(output)
      }),
    )
  })

  it('keeps a bounded part of a field without end', () => {
    const told: string[] = []
    const filter = new HeaderFilter((_, value) => told.push(value))
    const chunk = Buffer.alloc(65_536, 'a')
    for (const piece of filter.pass(Buffer.from('Delivered-To: '))) expect(piece.length).toBeLessThan(20)
    for (let n = 0; n < 50; n++) for (const _ of filter.pass(chunk));
    for (const _ of filter.end());
    expect(told.map(({ length }) => length)).toEqual([1024 - 'Delivered-To: '.length])
  })
})

describe('local delivery', () => {
  const run = async (options: RigOptions, content?: string, to = ['alice@here.example']) => {
    const made = await rig(options)
    await made.put({ to, ...(content !== undefined && { content }) })
    made.scheduler.start()
    await settled(2_000)
    return made
  }

  it('puts one Return-Path and a Delivered-To on top, for each recipient', async () => {
    const content = 'Return-Path: <forged@evil.example>\r\nSubject: hello\r\n\r\nReturn-Path: kept\r\n'
    const made = await run({}, content, ['alice@here.example', 'Bob@Here.Example'])
    expect(made.mail.map(({ text }) => text)).toEqual(
      ['alice@here.example', 'Bob@Here.Example'].map(
        (address) =>
          `Return-Path: <ada@sender.example>\r\nDelivered-To: ${address}\r\nSubject: hello\r\n\r\nReturn-Path: kept\r\n`,
      ),
    )
    expect(made.mail[0]?.item).toMatchObject({ reversePath: 'ada@sender.example', address: 'alice@here.example' })
    expect(await made.store.stats()).toMatchObject({ delivered: 2, messages: 0 })
    expect(made.lines('delivered')).toMatchObject([{ destination: 'local:here.example' }, {}])
    expect(made.lines('delivered')[0]).not.toHaveProperty('peer')
  })

  it('loses nothing of a message without a body', async () => {
    const made = await run({}, 'Subject: hello\r\nReturn')
    expect(made.mail[0]?.text).toMatch(/\r\nSubject: hello\r\nReturn$/)
  })

  it('writes the null path as one', async () => {
    const made = await rig()
    await made.put({ from: '', to: ['alice@here.example'] })
    made.scheduler.start()
    await settled(2_000)
    expect(made.mail[0]?.text).toMatch(/^Return-Path: <>\r\n/)
  })

  it('stops a message that was delivered to the same address before', async () => {
    const made = await rig()
    const content =
      'Received: x\r\nDelivered-To: ALICE@here.example\r\nSubject: round\r\n\r\nDelivered-To: bob@here.example\r\n'
    await made.put({ from: '', to: ['alice@here.example', 'bob@here.example'], content })
    made.scheduler.start()
    await settled(2_000)
    expect(made.mail.map(({ item }) => item.address)).toEqual(['bob@here.example'])
    expect(made.lines('failed')).toMatchObject([{ recipient: 'alice@here.example', status: '5.4.6' }])
  })

  describe('binary content', () => {
    const part = '\x00\r\n\n\r.'
    const content = `MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n${part}`
    const parameters = [['BODY', 'BINARYMIME'] as const]

    it('is encoded for a mailbox that stores lines, and the log says so', async () => {
      const made = await rig()
      await made.put({ to: ['alice@here.example'], content, parameters })
      made.scheduler.start()
      await settled(2_000)
      const encoded = Buffer.from(part).toString('base64')
      expect(made.mail[0]?.text).toContain(`Content-Transfer-Encoding: base64\r\n\r\n${encoded}\r\n`)
      expect(made.lines('delivered')).toMatchObject([{ convertedTo: '8bit' }])
    })

    it('comes as it is to one that stores octets, or with what is lines nevertheless', async () => {
      const stored: string[] = []
      const made = await rig({
        mailboxes: {
          binary: true,
          async deliver({ content }) {
            let text = ''
            for await (const chunk of content) text += Buffer.from(chunk).toString('latin1')
            stored.push(text)
            return { kind: 'delivered' }
          },
        },
      })
      await made.put({ to: ['alice@here.example'], content, parameters })
      made.scheduler.start()
      await settled(2_000)
      expect(stored[0]?.endsWith(content)).toBe(true)
      const lines = await rig()
      await lines.put({ to: ['alice@here.example'], content: 'Subject: x\r\n\r\nlines\r\n', parameters })
      lines.scheduler.start()
      await settled(2_000)
      expect(lines.mail[0]?.text.endsWith('Subject: x\r\n\r\nlines\r\n')).toBe(true)
    })

    it('that cannot be encoded comes back', async () => {
      const sealed = `MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n--b\r\nContent-Transfer-Encoding: binary\r\n\r\n${part}\r\n--b--\r\n`
      const made = await rig()
      await made.put({ from: '', to: ['alice@here.example'], content: sealed, parameters })
      made.scheduler.start()
      await settled(2_000)
      expect(made.lines('failed')).toMatchObject([{ status: '5.6.3' }])
    })
  })

  it('one mailbox that cannot be written holds up no other of its domain', async () => {
    const written: string[] = []
    const made = await rig({
      mailboxes: {
        async deliver({ address }) {
          if (address.startsWith('full@')) return { kind: 'deferred', status: '4.2.2', because: 'no room' }
          written.push(address)
          return { kind: 'delivered' }
        },
      },
    })
    for (let n = 0; n < 50; n++) await made.put({ to: ['full@here.example'] })
    made.scheduler.start()
    await settled(2_000)
    await made.put({ to: ['ada@here.example'] })
    await made.clock.advance(1_000)
    expect(written).toEqual(['ada@here.example'])
    expect(made.scheduler.snapshot().destinations.every(({ coolUntil }) => coolUntil === undefined)).toBe(true)
    await made.scheduler.stop()
  })

  it('takes the word of the mailbox', async () => {
    const made = await rig({
      mailboxes: {
        async deliver({ address }) {
          if (address.startsWith('full')) return { kind: 'deferred', status: '4.2.2', because: 'the mailbox is full' }
          if (address.startsWith('gone'))
            return { kind: 'failed', status: '5.1.1', because: 'there is no such mailbox' }
          throw new Error('disk on fire')
        },
      },
    })
    await made.put({ from: '', to: ['full@here.example', 'gone@here.example', 'broken@here.example'] })
    made.scheduler.start()
    await settled(2_000)
    expect(made.lines('deferred')).toMatchObject([
      { recipient: 'full@here.example', status: '4.2.2' },
      { recipient: 'broken@here.example', status: '4.3.0' },
    ])
    expect(made.lines('failed')).toMatchObject([{ recipient: 'gone@here.example', status: '5.1.1' }])
    expect(made.lines('mailbox-failed')).toMatchObject([{ error: { message: 'disk on fire' } }])
  })

  it('waits where the content cannot be read, or there are no mailboxes', async () => {
    const unreadable: RigOptions['store'] = {
      // biome-ignore lint/correctness/useYield: fails before its first chunk
      async *read() {
        throw new Error('no disk')
      },
    }
    const large = `Subject: large\r\n\r\n${'0123456789'.repeat(30_000)}\r\n`
    expect((await run({ store: unreadable }, large)).lines('deferred')).toMatchObject([{ status: '4.3.0' }])
    const without = await rig({ mailboxes: undefined as never })
    await without.put({ to: ['alice@here.example'] })
    without.scheduler.start()
    await settled(2_000)
    expect(without.lines('deferred')).toMatchObject([{ status: '4.3.5' }])
  })
})
