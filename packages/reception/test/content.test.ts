import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRig, type RigOptions } from './rig.ts'

/** Dots doubled, as on the wire. */
const stuffed = (content: string): string => content.replace(/^\./gm, '..')

/** What one message comes to in the store. */
async function stored(content: string, pieces: readonly number[] = [], options: RigOptions = {}) {
  const rig = await createRig(options)
  let at = 0
  const piece = () => pieces[at++ % pieces.length] ?? 1
  const client = await rig.open(undefined, pieces.length === 0 ? {} : { piece })
  const reply = await client.send(stuffed(content))
  const [entry] = await rig.entries()
  return { rig, reply, entry, octets: entry === undefined ? undefined : await rig.content(entry.id) }
}

describe('what is stored', () => {
  const content = 'Subject: gr\u00fc\u00dfe\r\n\r\n.dot\r\n..dots\r\n\r\n\u0000\t\u00ff\r\n'

  it('is the Received field and the octets sent, no more and no less', async () => {
    const { octets, entry, reply } = await stored(content)
    expect(octets?.endsWith(content)).toBe(true)
    const received = octets?.slice(0, -content.length) ?? ''
    expect(received.replace(/\r\n[ \t]+/g, ' ')).toBe(
      `Received: from client.test ([198.51.100.9]) by mx.local.test with ESMTP id ${entry?.id} for <alice@local.test>; Tue, 24 Nov 2026 12:30:05 +0000\r\n`,
    )
    expect(reply).toBe(`250 2.0.0 Queued as ${entry?.id}`)
    expect(entry?.size).toBe(Buffer.byteLength(octets ?? ''))
  })

  it('cannot continue our trace field: content that begins with a blank has no header', async () => {
    for (const content of [' x: y\r\n\r\nbody\r\n', '\t\r\nReceived: from x\r\n', '    \r\n'])
      for (const pieces of [[], [1]]) {
        const { octets } = await stored(content, pieces)
        expect(octets?.replace(/^Received: .*(\r\n\t.*)* \+0000\r\n/, '')).toBe(`\r\n${content}`)
      }
  })

  it('may be nothing but the Received field', async () => {
    expect((await stored('')).octets).toMatch(/^Received: .*(\r\n\t.*)* \+0000\r\n$/)
  })

  it('is the same however the octets came in pieces', async () => {
    const line = fc.stringMatching(/^[ -~\u00e9]{0,20}$/)
    const lines = fc.array(fc.oneof(line, fc.constantFrom('.', '..', '.x', '', 'Received: from x', ' folded')), {
      maxLength: 12,
    })
    const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(lines, pieces, async (some, sizes) => {
        const text = some.map((one) => `${one}\r\n`).join('')
        const whole = await stored(text)
        expect(whole.octets?.endsWith(text)).toBe(true)
        expect((await stored(text, sizes)).octets).toBe(whole.octets)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the Received field', () => {
  const fieldFor = async (rcpt: readonly string[], hello = 'EHLO client.test') => {
    const rig = await createRig()
    const client = await rig.connect()
    await client.replies()
    await client.say(hello)
    await client.send('x\r\n', rcpt)
    const [entry] = await rig.entries()
    return (await rig.content(entry?.id ?? '')).replace(/\r\n[ \t]+/g, ' ')
  }

  it('names the recipient where there is one, by the address the peer gave', async () => {
    expect(await fieldFor(['<postmaster@LOCAL.test>'])).toContain(' for <postmaster@LOCAL.test>;')
  })

  it('names nobody where there are more, or where the recipient is the bare word', async () => {
    expect(await fieldFor(['<alice@local.test>', '<bob@local.test>'])).not.toMatch(/ for |alice|bob/)
    expect(await fieldFor(['<Postmaster>'])).not.toContain(' for ')
  })

  it('tells the protocol', async () => {
    expect(await fieldFor(['<alice@local.test>'], 'HELO client.test')).toContain(' with SMTP id ')
    expect(await fieldFor(['<alice@local.test>'], 'HELO [198.51.100.9]')).toContain('from [198.51.100.9] ')
  })

  it('is whole lines only, whatever the client calls itself', async () => {
    const field = await fieldFor(['<alice@local.test>'], 'EHLO we_ird..name-:[x]+~*')
    expect(field.split('\r\n')).toHaveLength(3)
    expect(field).toMatch(/^Received: from .*198\.51\.100\.9.* by mx\.local\.test with ESMTP id /)
  })
})

describe('a loop', () => {
  const hops = (count: number): string =>
    'Received: from a by b;\r\n\tMon, 23 Nov 2026 10:00:00 +0000\r\n'.repeat(count)
  const tail = 'Subject: x\r\n\r\nReceived: in the body\r\n'

  it('is a message with 100 Received fields: refused at its end for good', async () => {
    const { reply, entry, rig } = await stored(hops(100) + tail)
    expect(reply).toMatch(/^554 5\.4\.6 /)
    expect(entry).toBeUndefined()
    expect(rig.reception.snapshot()).toMatchObject({ refused: { message: 1 }, accepted: { messages: 0 } })
  })

  it('is not one with 99, and fields in the body do not count', async () => {
    const { reply } = await stored(hops(99) + tail.repeat(1) + 'Received: in the body\r\n'.repeat(100))
    expect(reply).toMatch(/^250 /)
  })

  it('is what the limit says, in any case of the name and in any pieces', async () => {
    const three = 'RECEIVED: a\r\nreceived : b\r\nX-Received: no\r\nReceived: c\r\n\r\n'
    expect((await stored(three, [1], { limits: { received: 3 } })).reply).toMatch(/^554 5\.4\.6 /)
    expect((await stored(three, [1], { limits: { received: 4 } })).reply).toMatch(/^250 /)
  })
})
