import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DnsError, type Message, type RecordType, recordTypes } from '../src/index.ts'
import { queryFor } from '../src/message/query.ts'
import { dnsPacketCodec as codec } from '../src/node.ts'
import { createZone, memoryResolver, type ZoneEntry } from '../src/testing.ts'
import { respond } from '../src/zone/respond.ts'
import { manualClock, resolverOver } from './rig.ts'
import { hex } from './vectors.ts'

describe('zone', () => {
  it('changes at once', async () => {
    const zone = createZone({ 'a.example': { A: ['192.0.2.1'] } })
    const resolver = memoryResolver(zone)
    const kind = async (name: string) => (await resolver.resolve(name, 'A')).kind
    expect([await kind('a.example'), await kind('example'), await kind('x.b.example')]).toEqual([
      'found',
      'nodata',
      'nxdomain',
    ])
    zone.set('b.example', { CNAME: 'A.Example' })
    zone.set('*.b.example', { A: ['192.0.2.2'] })
    expect([await kind('b.example'), await kind('x.b.example')]).toEqual(['found', 'found'])
    zone.remove('A.example')
    zone.remove('a.example')
    expect([await kind('a.example'), await kind('b.example'), await kind('example')]).toEqual([
      'nxdomain',
      'nxdomain',
      'nodata',
    ])
    for (const name of ['b.example', '*.b.example']) zone.remove(name)
    expect([await kind('example'), resolver.asked.length]).toEqual(['nxdomain', 9])
  })

  it('lets a name that exists hide the wildcard', async () => {
    const resolver = memoryResolver(
      createZone({ '*.example': { A: ['192.0.2.1'] }, 'x.example': { MX: [] }, 'b.y.example': { A: ['192.0.2.2'] } }),
    )
    const kinds = ['a.example', 'a.a.example', 'x.example', 'a.x.example', 'y.example', 'a.y.example', 'example']
    const answers = await Promise.all(kinds.map((name) => resolver.resolve(name, 'A')))
    expect(answers.map(({ kind }) => kind)).toEqual([
      'found',
      'found',
      'nodata',
      'nxdomain',
      'nodata',
      'nxdomain',
      'nodata',
    ])
  })

  it.each<[string, ZoneEntry]>([
    ['a..example', {}],
    ['a.example', { A: ['::1'] }],
    ['a.example', { CNAME: '' }],
    ['a.example', { MX: [{ preference: -1, exchange: 'a' }] }],
    ['a.example', { TXT: [[]] }],
  ])('refuses what has no form on the wire: %s %j', (name, entry) => {
    const thrown = (() => {
      try {
        createZone({ [name]: entry })
      } catch (error) {
        return error
      }
    })()
    expect(DnsError.is(thrown, 'DNS_ZONE') && thrown.detail.name).toBe(name)
  })

  it('cuts long text into strings', async () => {
    const resolver = memoryResolver(createZone({ example: { TXT: ['x'.repeat(600), 'x'.repeat(510), ''] } }))
    const answer = await resolver.resolve('example', 'TXT')
    const lengths =
      answer.kind === 'found' ? answer.records.map(({ strings }) => strings.map(({ length }) => length)) : []
    expect(lengths).toEqual([[255, 255, 90], [255, 255], [0]])
  })

  it('rejects a type that does not exist', async () => {
    const error = await memoryResolver(createZone())
      .resolve('a', 'x' as 'A')
      .catch((thrown: unknown) => thrown)
    expect(DnsError.is(error, 'DNS_OPTION')).toBe(true)
  })
})

const host = fc.constantFrom('a', 'b', 'c.b', '*.c', 'Mx', 'x.mx', '_25._tcp.mx')
const target = fc.oneof(
  host.map((name) => `${name}.example`),
  fc.constant('.'),
)
const byte = fc.nat(255)
const octets = fc.uint8Array({ maxLength: 255 })
const address = fc.constantFrom('192.0.2.1', '192.0.2.2')
const reason = fc.constantFrom('timeout', 'servfail', 'bogus', 'refused', 'malformed')
const records = fc.record(
  {
    A: fc.array(address, { maxLength: 3 }),
    AAAA: fc.array(fc.constantFrom('::FFFF:1.2.3.4', '2001:DB8:0:0::1', '::'), { maxLength: 3 }),
    MX: fc.array(fc.record({ preference: fc.nat(3), exchange: target }), { maxLength: 4 }),
    TXT: fc.array(fc.oneof(fc.string({ maxLength: 300 }), fc.array(octets, { minLength: 1, maxLength: 3 })), {
      maxLength: 3,
    }),
    TLSA: fc.array(fc.record({ usage: byte, selector: byte, matchingType: byte, data: octets }), { maxLength: 3 }),
    CNAME: target,
    PTR: fc.array(target, { maxLength: 2 }),
    NS: fc.array(target, { maxLength: 2 }),
    SRV: fc.array(fc.record({ priority: byte, weight: byte, port: byte, target }), { maxLength: 3 }),
    SOA: fc.record({
      mname: target,
      rname: target,
      serial: byte,
      refresh: byte,
      retry: byte,
      expire: byte,
      minimum: byte,
    }),
    ttl: fc.nat(1000),
    authentic: fc.boolean(),
    fails: fc.oneof(
      { weight: 1, arbitrary: reason },
      { weight: 4, arbitrary: fc.dictionary(fc.constantFrom('A', 'MX'), reason) },
    ),
    truncate: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ZoneEntry>

it('is the same from memory and over the wire, whatever its records', async () => {
  const entries = fc.dictionary(
    host.map((name) => `${name}.example`),
    records,
    { maxKeys: 5 },
  )
  const options = fc.record({ authentic: fc.boolean(), negativeTtl: fc.nat(100) }, { requiredKeys: [] })
  const asked = fc.record({
    name: fc.oneof(host, fc.constantFrom('gone', 'x.c', 'x.y.c', 'b.b')).map((name) => `${name}.example`),
    type: fc.constantFrom(...(Object.keys(recordTypes) as RecordType[])),
  })
  await fc.assert(
    fc.asyncProperty(
      entries,
      options,
      fc.array(asked, { minLength: 1, maxLength: 5 }),
      async (names, zoneOptions, questions) => {
        const zone = createZone(names, zoneOptions)
        const memory = memoryResolver(zone)
        for (const { name, type } of questions) {
          const clock = manualClock()
          const { resolver } = resolverOver(zone, clock)
          const overWire = resolver.resolve(name, type)
          await clock.advance(20_000)
          expect(await overWire).toEqual(await memory.resolve(name, type))
        }
      },
    ),
    { numRuns: 300 },
  )
})

describe('the zone as a server', () => {
  const zone = createZone(
    { 'a.example': { A: ['192.0.2.1'] }, 'b\\.c.example': { A: ['192.0.2.2'] } },
    { authentic: true },
  )
  const ask = (query: Uint8Array, protocol: 'udp' | 'tcp' = 'udp'): Message | undefined => {
    const { octets } = respond(codec, zone, query, protocol)
    return octets && codec.decode(octets)
  }
  const query = (parts: Partial<Message> = {}): Uint8Array =>
    codec.encode({ ...queryFor('a.example', 'A', 7, true), ...parts }) as Uint8Array

  it('answers, with the question in the case it came in', () => {
    const asked = query({ questions: [{ name: 'A.exAmple', type: 1, class: 1 }] })
    const { octets, question } = respond(codec, zone, asked, 'udp')
    expect(octets?.subarray(12, 27)).toEqual(asked.subarray(12, 27))
    expect(question).toEqual({ name: 'a.example', type: 'A' })
    expect(octets && codec.decode(octets)).toMatchObject({
      id: 7,
      flags: { response: true, recursionAvailable: true, recursionDesired: true, authentic: true },
      edns: { dnssec: true },
    })
  })

  it('says that it is authentic only to those who understand it', () => {
    const flags = { ...queryFor('a.example', 'A', 7, true).flags, authentic: false }
    expect(ask(query({ flags }))?.flags.authentic).toBe(true)
    expect(ask(query({ flags, edns: undefined }))?.flags.authentic).toBe(false)
    expect(ask(query({ edns: undefined }))).toMatchObject({ flags: { authentic: true }, edns: undefined })
  })

  it('has no records of types that it cannot hold', () => {
    expect(ask(query({ questions: [{ name: 'a.example', type: 257, class: 1 }] }))).toMatchObject({
      rcode: 0,
      answers: [],
    })
    expect(ask(query({ questions: [{ name: 'x.example', type: 257, class: 1 }] }))).toMatchObject({ rcode: 3 })
  })

  it.each<[string, Uint8Array]>([
    ['another opcode', query({ opcode: 4 })],
    ['two questions', query({ questions: Array(2).fill({ name: 'a.example', type: 1, class: 1 }) })],
    ['no question', query({ questions: [] })],
    ['another class', hex('0007 0100 0001 0000 0000 0000 0161 00 0001 0003')],
    ['a name that cannot be written', hex('0007 0100 0001 0000 0000 0000 03612e62 00 0001 0001')],
  ])('does not implement %s', (_name, octets) => {
    expect(ask(octets)).toMatchObject({ rcode: 4, answers: [] })
  })

  it('takes a name that points into the header for what it finds there', () => {
    const answer = ask(hex('0001 0100 0001 0000 0000 0000 c004 0001 0001'))
    expect(answer).toMatchObject({ rcode: 0, questions: [{ name: '.' }] })
  })

  it('keeps silent on garbage and on answers', () => {
    const { octets: answer } = respond(codec, zone, query(), 'udp')
    expect(ask(answer as Uint8Array)).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (any) => void ask(any)),
      { numRuns: 500 },
    )
  })

  it('says by UDP when it does not fit', () => {
    zone.set('big.example', { A: Array.from({ length: 80 }, (_, index) => `192.0.2.${index}`) })
    const big = (edns: Message['edns'], protocol: 'udp' | 'tcp' = 'udp') => {
      const answer = ask(query({ questions: [{ name: 'big.example', type: 1, class: 1 }], edns }), protocol)
      return [answer?.flags.truncated, answer?.answers.length]
    }
    const room = (udpOctets: number) => ({ udpOctets, version: 0, dnssec: false, errors: [] })
    expect(big(room(1232))).toEqual([true, 0])
    expect(big(undefined)).toEqual([true, 0])
    expect(big(room(4096))).toEqual([false, 80])
    expect(big(undefined, 'tcp')).toEqual([false, 80])
  })
})
