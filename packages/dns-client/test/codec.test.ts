import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message, MessageRecord, RecordOf, RecordType } from '../src/index.ts'
import { formatAddress, normalName, normalRecord, recordTypes } from '../src/index.ts'
import { dnsPacketCodec as codec } from '../src/node.ts'
import { hex, vectors } from './vectors.ts'

interface Vector {
  readonly name: string
  readonly octets: readonly string[]
  /** Absent: no message. */
  readonly message?: Message
  /** It holds what `encode` cannot write. */
  readonly unwritable?: true
}

const all = vectors<Vector>('messages').map((one) => ({ ...one, octets: hex(one.octets.join('')) }))
const messages = all.flatMap((one) =>
  one.message ? { ...one, message: { ...one.message, edns: one.message.edns } } : [],
)
const garbage = all.filter(({ message }) => message === undefined)

describe.each(messages)('message: $name', ({ octets, message, unwritable }) => {
  it('is read as written down', () => {
    expect(codec.decode(octets)).toEqual(message)
  })

  it('is no message when cut anywhere, or with an octet more', () => {
    for (let end = 0; end < octets.length; end++)
      expect(codec.decode(octets.subarray(0, end)), `${end}`).toBeUndefined()
    expect(codec.decode(Uint8Array.of(...octets, 0))).toBeUndefined()
  })

  it('comes back when written and read again, unless it cannot be written', () => {
    const written = codec.encode(message)
    expect(written && codec.decode(written)).toEqual(unwritable ? undefined : message)
  })
})

it.each(garbage)('no message: $name', ({ octets }) => {
  for (let end = 0; end < octets.length; end++) codec.decode(octets.subarray(0, end))
  expect(codec.decode(octets)).toBeUndefined()
})

describe('what is read', () => {
  it('keeps no view of the octets', () => {
    const txt = messages.find(({ name }) => name === 'TXT of several strings')
    const octets = Uint8Array.from(txt?.octets ?? [])
    const message = codec.decode(octets)
    octets.fill(0)
    expect(message).toEqual(txt?.message)
  })

  it('is read from a view into a larger buffer', () => {
    const [first] = messages
    const larger = new Uint8Array([...hex('ffff ffff ff'), ...(first?.octets ?? []), 0xff])
    expect(codec.decode(larger.subarray(5, -1))).toEqual(first?.message)
  })

  it('may have a thousand records, not more', () => {
    const record = hex('c00c 0001 0001 0000012c 0004 c0000201')
    const withRecords = (count: number): Uint8Array => {
      const head = [...hex('0001 8180 0001'), count >> 8, count & 0xff, ...hex('0000 0000 01 61 00 0001 0001')]
      return Uint8Array.from([...head, ...Array.from({ length: count }, () => [...record]).flat()])
    }
    expect(codec.decode(withRecords(999))?.answers).toHaveLength(999)
    expect(codec.decode(withRecords(1000))).toBeUndefined()
  })
})

describe('what cannot be written', () => {
  const sample = messages[0]?.message as Message
  const asking = (name: string): Message => ({ ...sample, questions: [{ name, type: 1, class: 1 }] })

  it.each([
    'a\\.b.example',
    'a\\000b',
    'a\\\\b.example',
    '\\127.example',
    '\\195\\169.example',
    'a..b',
    '',
    `${'a'.repeat(64)}.example`,
  ])('is a name %j', (name) => {
    expect(codec.encode(asking(name))).toBeUndefined()
  })

  it.each(['a\\032b.example', '~!.example', '.', 'A.example', 'a.example.'])('is not %j', (name) => {
    expect(codec.decode(codec.encode(asking(name)) as Uint8Array)?.questions[0]?.name).toBe(normalName(name))
  })

  it('is a message over 65535 octets', () => {
    const withText = (last: number) => {
      const strings = [...Array.from({ length: 255 }, () => new Uint8Array(255)), new Uint8Array(last)]
      const record: MessageRecord = { owner: '.', type: 'TXT', ttl: 0, data: { strings, text: '' } }
      return codec.encode({ ...sample, answers: [record] })
    }
    expect(withText(215)).toHaveLength(65_535)
    expect(withText(216)).toBeUndefined()
    // Here not even the length of the record's data can be written.
    expect(withText(255)).toBeUndefined()
  })
})

const byte = fc.nat(255)
const word = fc.nat(0xffff)
const long = fc.nat(0xffffffff)
const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => new Uint8Array(array))
const label = fc.string({ unit: fc.constantFrom(...'abcxyz0129-_*+ '), minLength: 1, maxLength: 20 })
const name = fc.array(label, { maxLength: 6 }).map((labels) => normalName(labels.join('.') || '.') as string)
const data: { readonly [T in RecordType]: fc.Arbitrary<RecordOf<T>> } = {
  A: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((array) => ({ address: formatAddress(array) })),
  AAAA: fc
    .array(fc.oneof(fc.constant([0, 0]), fc.constant([255, 255]), fc.tuple(byte, byte)), { minLength: 8, maxLength: 8 })
    .map((words) => ({ address: formatAddress(Uint8Array.from(words.flat())) })),
  CNAME: fc.record({ target: name }),
  NS: fc.record({ target: name }),
  PTR: fc.record({ target: name }),
  MX: fc.record({ preference: word, exchange: name }),
  SRV: fc.record({ priority: word, weight: word, port: word, target: name }),
  TLSA: fc.record({ usage: byte, selector: byte, matchingType: byte, data: octets(100) }),
  TXT: fc
    .array(octets(255), { minLength: 1, maxLength: 5 })
    .map((strings) => normalRecord('TXT', { strings, text: '' }) as RecordOf<'TXT'>),
  SOA: fc.record({ mname: name, rname: name, serial: long, refresh: long, retry: long, expire: long, minimum: long }),
}
const record = fc.constantFrom(...(Object.keys(recordTypes) as RecordType[])).chain((type) =>
  fc.record({
    owner: name,
    type: fc.constant(type),
    ttl: fc.nat(0x7fffffff),
    data: data[type] as fc.Arbitrary<never>,
  }),
) as fc.Arbitrary<MessageRecord>
const flag = fc.boolean()
const message: fc.Arbitrary<Message> = fc
  .record({
    id: word,
    opcode: fc.nat(15),
    rcode: fc.nat(15),
    flags: fc.record({
      response: flag,
      authoritative: flag,
      truncated: flag,
      recursionDesired: flag,
      recursionAvailable: flag,
      authentic: flag,
      checkingDisabled: flag,
    }),
    questions: fc.array(fc.record({ name, type: word, class: fc.constant(1) }), { maxLength: 2 }),
    answers: fc.array(record, { maxLength: 8 }),
    authorities: fc.array(record, { maxLength: 3 }),
    edns: fc.option(
      fc.record({
        udpOctets: fc.integer({ min: 1, max: 0xffff }),
        version: byte,
        dnssec: flag,
        errors: fc.array(word, { maxLength: 3 }),
      }),
      { nil: undefined },
    ),
  })
  .chain((one) => (one.edns ? fc.nat(0xfff).map((rcode) => ({ ...one, rcode })) : fc.constant(one)))

describe('codec', () => {
  it('reads what it wrote', () => {
    fc.assert(fc.property(message, (one) => void expect(codec.decode(codec.encode(one) as Uint8Array)).toEqual(one)))
  })

  it('never throws on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => void codec.decode(any)),
      { numRuns: 2000 },
    )
  })

  it('never throws on a message with octets changed, cut out or put in', () => {
    const change = fc.record({ at: fc.nat(), put: fc.uint8Array({ maxLength: 4 }), over: fc.nat(4) })
    fc.assert(
      fc.property(message, fc.array(change, { minLength: 1, maxLength: 6 }), (one, changes) => {
        let any: Uint8Array = codec.encode(one) as Uint8Array
        for (const { at, put, over } of changes) {
          const from = at % any.length
          any = Uint8Array.of(...any.subarray(0, from), ...put, ...any.subarray(from + over), 0).subarray(0, -1)
          if (any.length === 0) any = Uint8Array.of(0)
        }
        // What is still a message is one in normal form: its records survive being normalised again.
        for (const { type, data: told } of codec.decode(any)?.answers ?? [])
          expect(normalRecord(type, told as never)).toEqual(told)
      }),
      { numRuns: 2000 },
    )
  })
})
