import type { Change, Entry, Filter, Lease, QueueId, Settlement } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { openParcel } from '../src/wire/frames.ts'
import { FrameReader } from '../src/wire/reader.ts'
import { Room } from '../src/wire/room.ts'
import {
  change,
  commitOptions,
  entries,
  envelope,
  filter,
  packLeases,
  packSettlements,
  unpackLeases,
  unpackSettlements,
} from '../src/wire/values.ts'
import { FrameWriter } from '../src/wire/writer.ts'

type Seen = readonly [kind: number, number: number, body: string]

function readerOf(seen: Seen[], limit: number, memory?: Room): FrameReader {
  return new FrameReader(limit, memory, {
    frame: ({ kind, number, body, release }) => {
      seen.push([kind, number, body.toString('hex')])
      release()
    },
    fault: (because) => seen.push([0, 0, because]),
    hold: () => undefined,
    flow: () => undefined,
  })
}

function written(...texts: readonly string[]): Buffer {
  const writer = new FrameWriter()
  for (const [at, text] of texts.entries()) writer.addParcel(4, at, JSON.stringify(text), [Buffer.from(text)])
  writer.addOctets(8, 2 ** 32 - 1, Buffer.from([1, 2, 3]))
  writer.addOctets(9, 7, new Uint8Array(0))
  return Buffer.concat(writer.take())
}

describe('frames', () => {
  it('are the same, cut at every two places', () => {
    const octets = written('', 'bücher 🐎 \u2028', '\ud800')
    const whole: Seen[] = []
    readerOf(whole, 1_000).read(Buffer.from(octets))
    expect(whole).toHaveLength(5)
    for (let first = 0; first <= octets.length; first++)
      for (let second = first; second <= octets.length; second++) {
        const seen: Seen[] = []
        const reader = readerOf(seen, 1_000)
        for (const [from, to] of [
          [0, first],
          [first, second],
          [second, octets.length],
        ])
          reader.read(Buffer.from(octets.subarray(from, to)))
        expect(seen).toEqual(whole)
        expect(reader.inFrame).toBe(false)
      }
  })

  it('are the same octet by octet, and in one buffer or many', () => {
    const texts = Array.from({ length: 50 }, (_, at) => 'x'.repeat(at * 200))
    const octets = written(...texts)
    const whole: Seen[] = []
    readerOf(whole, 100_000).read(Buffer.from(octets))
    const single: Seen[] = []
    const reader = readerOf(single, 100_000)
    for (const octet of octets) reader.read(Buffer.from([octet]))
    expect(single).toEqual(whole)
    expect(whole).toHaveLength(52)
  })

  it('over the limit are a fault, at it they are not', () => {
    const seen: Seen[] = []
    readerOf(seen, 3).read(written())
    expect(seen).toEqual([
      [8, 2 ** 32 - 1, '010203'],
      [9, 7, ''],
    ])
    const fault: Seen[] = []
    const reader = readerOf(fault, 2)
    reader.read(written())
    reader.read(written())
    expect(fault).toEqual([[0, 0, 'a frame of 3 octets is longer than 2']])
  })

  it('keep texts and octets apart', () => {
    const texts = ['', 'bücher 🐎', '\ud800\u0000', 'x'.repeat(100_000)]
    const bodies: Buffer[] = []
    const reader = new FrameReader(2 ** 30, undefined, {
      frame: ({ kind, body }) => kind === 4 && bodies.push(body),
      fault: () => undefined,
      hold: () => undefined,
      flow: () => undefined,
    })
    reader.read(written(...texts))
    expect(bodies.map((body) => openParcel(body).value)).toEqual(texts)
    expect(bodies.map((body) => openParcel(body).octets.toString())).toEqual(
      texts.map((text) => Buffer.from(text).toString()),
    )
  })
})

describe('memory for large frames', () => {
  const large = (fill: number): Buffer => {
    const writer = new FrameWriter()
    writer.addOctets(1, fill, new Uint8Array(1_500_000).fill(fill))
    writer.addOctets(2, fill, new Uint8Array(1))
    return Buffer.concat(writer.take())
  }

  it('is given in turn, whatever arrives meanwhile', () => {
    const memory = new Room(2_000_000)
    const events: string[] = []
    const held: (() => void)[] = []
    const reader = (name: string): FrameReader =>
      new FrameReader(2_000_000, memory, {
        frame: ({ kind, release }) => {
          events.push(`${name}${kind}`)
          held.push(release)
        },
        fault: () => undefined,
        hold: () => events.push(`${name} waits`),
        flow: () => events.push(`${name} goes on`),
      })
    const [a, b, c] = [reader('a'), reader('b'), reader('c')]
    const inPieces = (to: FrameReader, octets: Buffer): void => {
      for (let at = 0; at < octets.length; at += 100_000) to.read(octets.subarray(at, at + 100_000))
    }
    inPieces(a, large(1))
    const octets = large(2)
    b.read(octets.subarray(0, 100))
    expect(b.inFrame).toBe(false)
    inPieces(b, octets.subarray(100))
    c.read(large(3).subarray(0, 50_000))
    expect(events).toEqual(['a1', 'a2', 'b waits', 'c waits'])
    held[0]?.()
    held[0]?.()
    expect(events.slice(4)).toEqual(['b1', 'b2', 'b goes on'])
    held[2]?.()
    expect(events.slice(7)).toEqual(['c goes on'])
    expect(c.inFrame).toBe(true)
    inPieces(a, large(4))
    expect(events.slice(8)).toEqual(['a waits'])
    c.end()
    expect(events.slice(9)).toEqual(['a1', 'a2', 'a goes on'])
  })

  it('is not kept for one that went away in line', () => {
    const memory = new Room(10)
    const granted: string[] = []
    memory.wait(8, () => granted.push('first'))
    const leave = memory.wait(8, () => granted.push('second'))
    memory.wait(2, () => granted.push('third'))
    expect(granted).toEqual(['first'])
    leave()
    leave()
    expect(granted).toEqual(['first', 'third'])
  })
})

describe('values', () => {
  const crossed = <T>(value: T): unknown => JSON.parse(JSON.stringify(value))
  const id = '10000000000000000000aa' as QueueId
  const parameters = [
    ['X', undefined],
    ['ORCPT', 'rfc822;a\u2028'],
  ] as const
  const recipients = [{ address: '__proto__', parameters, destination: 'a.example' }]

  it('come through: envelopes and options', () => {
    const value = { reversePath: '', parameters, recipients }
    expect(envelope(crossed(value))).toEqual(value)
    const options = {
      key: 'k',
      lease: { holder: 'h', duration: 1 },
      notBefore: 1,
      priority: -9,
      sender: '',
      source: '::1',
    }
    expect(commitOptions(crossed(options))).toEqual(options)
    expect(commitOptions({})).toEqual({})
    expect(() => commitOptions({ key: 7 })).toThrow('expected a text')
  })

  it('come through: settlements, with their reports as copies', () => {
    const lease = { id, destination: 'a.example', fence: 3 }
    const reply = { code: 250, status: '2.0.0', text: ['ok'], peer: 'mx' }
    const settlements: Settlement[] = [
      {
        lease,
        recipients: [
          { index: 0, kind: 'delivered', reply },
          { index: 1, kind: 'relayed' },
          { index: 2, kind: 'expanded' },
          { index: 3, kind: 'failed', status: '5.1.1', because: 'no', reply },
          { index: 4, kind: 'expired', status: '4.4.7', because: 'late' },
          { index: 5, kind: 'deferred', delay: 1.5, because: 'busy', warned: true },
          { index: 6, kind: 'returned' },
          { index: 7, kind: 'returned', delay: 9 },
        ],
        spawn: [
          {
            envelope: { reversePath: '', parameters: [], recipients },
            content: Buffer.from([1, 2]),
            options: { priority: 1 },
          },
          { envelope: { reversePath: '', parameters: [], recipients }, content: new Uint8Array(0) },
        ],
      },
      { lease, recipients: [] },
    ]
    const octets: Uint8Array[] = []
    const packed = crossed(packSettlements(settlements, octets))
    const buffer = Buffer.concat(octets)
    const unpacked = unpackSettlements(packed, buffer)
    buffer.fill(0)
    expect(unpacked).toEqual([
      {
        ...settlements[0],
        spawn: settlements[0]?.spawn?.map((one) => ({ ...one, content: new Uint8Array(one.content) })),
      },
      settlements[1],
    ])
    expect(() => unpackSettlements(packed, Buffer.alloc(1))).toThrow('octets are missing')
  })

  it('come through: leases, entries, filters and changes', () => {
    const lease: Lease = {
      id,
      destination: 'a.example',
      fence: 1,
      until: 2,
      reversePath: '',
      parameters,
      recipients: [{ index: 0, address: 'a', parameters, attempts: 1, warned: false, lastBecause: 'x' }],
      size: 3,
      acceptedAt: 4,
      priority: 0,
      sender: 's',
    }
    const octets: Uint8Array[] = []
    const leases = [{ ...lease, body: new Uint8Array([1, 2, 3]) }, lease, { ...lease, body: new Uint8Array(0) }]
    const packed = crossed(packLeases(leases, octets))
    expect(unpackLeases(packed, Buffer.concat(octets))).toEqual(leases)
    const entry = {
      ...lease,
      kind: 'message',
      recipients: [{ index: 0, parameters, state: 'held' }],
    } as unknown as Entry
    const corrupt = { kind: 'corrupt', id, because: 'x' } as const
    expect(entries(crossed([entry, corrupt]))).toEqual([entry, corrupt])
    const everything: Required<Filter> = {
      ids: [id],
      state: 'held',
      destination: 'd',
      sender: 's',
      source: 'x',
      acceptedBefore: 1,
      acceptedAfter: 0,
      reversePath: '',
      recipient: 'r',
    }
    expect(filter(crossed(everything))).toEqual(everything)
    const changes: Change[] = [
      { kind: 'hold', because: 'x' },
      { kind: 'release', early: true },
      { kind: 'release' },
      { kind: 'expedite' },
      { kind: 'remove' },
      { kind: 'bounce', because: 'y' },
      { kind: 'reroute', destination: 'd' },
    ]
    expect(changes.map((one) => change(crossed(one)))).toEqual(changes)
    expect(() => change({ kind: 'toString' })).toThrow('a known kind')
  })
})
