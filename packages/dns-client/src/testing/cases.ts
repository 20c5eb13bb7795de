import { type RecordOf, type RecordType, recordTypes } from '../record/record.ts'
import type { Answer, FailureReason, Resolver } from '../resolver/contract.ts'
import type { ZoneEntry } from '../zone/entry.ts'
import { createZone, type Zone } from '../zone/zone.ts'

/** A resolver under test, and how to be done with it. */
export interface ResolverUnderTest {
  readonly resolver: Resolver
  close?(): Promise<void> | void
}

/** One obligation of a {@link Resolver}. */
export interface ResolverCase {
  readonly name: string
  /**
   * Rejects when the obligation is not met.
   *
   * @param create makes a resolver that knows this zone and nothing else, without anything remembered.
   */
  run(create: (zone: Zone) => Promise<ResolverUnderTest> | ResolverUnderTest): Promise<void>
}

/** What the cases ask about. Names that end in `.secure.example` are authentic, unless they say otherwise. */
const names: Readonly<Record<string, ZoneEntry>> = {
  'secure.example': { authentic: true, MX: [{ preference: 10, exchange: 'MX.Secure.Example' }] },
  'mx.secure.example': { authentic: true, A: ['192.0.2.1'], AAAA: ['2001:DB8:0:0::1'] },
  '_25._tcp.mx.secure.example': {
    authentic: true,
    TLSA: [{ usage: 3, selector: 1, matchingType: 1, data: Uint8Array.of(1, 2, 3) }],
  },
  'alias.secure.example': { authentic: true, CNAME: 'mx.secure.example' },
  'to-insecure.secure.example': { authentic: true, CNAME: 'plain.example' },
  'to-nothing.secure.example': { authentic: true, CNAME: 'gone.secure.example' },
  'plain.example': { ttl: 60, A: ['192.0.2.2', '192.0.2.3'], TXT: ['v=spf1 -all'] },
  'from-plain.example': { CNAME: 'mx.secure.example' },
  'many.example': {
    MX: [
      { preference: 30, exchange: 'c.example' },
      { preference: 10, exchange: 'a.example' },
      { preference: 20, exchange: 'b.example' },
    ],
  },
  'zone.example': {
    NS: ['NS.Zone.Example'],
    SOA: { mname: 'NS.Zone.Example', rname: '.', serial: 4294967295, refresh: 1, retry: 2, expire: 3, minimum: 4 },
    PTR: ['Zone.Example.'],
    SRV: [{ priority: 1, weight: 2, port: 587, target: 'MX.Zone.Example' }],
    TXT: [[Uint8Array.of(0x61), Uint8Array.of(), Uint8Array.of(0xff, 0xc3, 0xa9)]],
  },
  'null.example': { MX: [{ preference: 0, exchange: '.' }] },
  'here.example': { CNAME: 'there.example' },
  'there.example': { CNAME: 'here.example' },
  'bogus.secure.example': { authentic: true, fails: 'bogus' },
  'half.example': { A: ['192.0.2.4'], fails: { AAAA: 'servfail' } },
  'refused.example': { fails: 'refused' },
  'garbled.example': { fails: 'malformed' },
  'to-failure.example': { CNAME: 'refused.example' },
  '*.wild.example': { A: ['192.0.2.5'] },
}

/** The cases; run each as a test of its own. */
export function resolverCases(): readonly ResolverCase[] {
  return [
    found('finds records, with names in normal form', 'Secure.EXAMPLE.', 'MX', {
      records: [{ preference: 10, exchange: 'mx.secure.example' }],
      canonicalName: 'secure.example',
      authentic: true,
      validFor: 300,
    }),
    found('writes addresses in canonical form', 'mx.secure.example', 'AAAA', {
      records: [{ address: '2001:db8::1' }],
    }),
    found('gives TLSA data as octets', '_25._tcp.mx.secure.example', 'TLSA', {
      records: [{ usage: 3, selector: 1, matchingType: 1, data: Uint8Array.of(1, 2, 3) }],
      authentic: true,
    }),
    found('gives text joined', 'plain.example', 'TXT', { authentic: false, validFor: 60 }, (answer) =>
      answer.records[0]?.text === 'v=spf1 -all' ? undefined : 'text differs',
    ),
    found('gives text that is not UTF-8 as octets', 'zone.example', 'TXT', {
      records: [
        { strings: [Uint8Array.of(0x61), Uint8Array.of(), Uint8Array.of(0xff, 0xc3, 0xa9)], text: 'a\ufffd\u00e9' },
      ],
    }),
    found('gives name servers', 'zone.example', 'NS', { records: [{ target: 'ns.zone.example' }] }),
    found('gives reverse names', 'zone.example', 'PTR', { records: [{ target: 'zone.example' }] }),
    found('gives services', 'zone.example', 'SRV', {
      records: [{ priority: 1, weight: 2, port: 587, target: 'mx.zone.example' }],
    }),
    found('gives the start of a zone', 'zone.example', 'SOA', {
      records: [
        { mname: 'ns.zone.example', rname: '.', serial: 4294967295, refresh: 1, retry: 2, expire: 3, minimum: 4 },
      ],
    }),
    found('orders MX by preference', 'many.example', 'MX', {
      records: [
        { preference: 10, exchange: 'a.example' },
        { preference: 20, exchange: 'b.example' },
        { preference: 30, exchange: 'c.example' },
      ],
    }),
    found('writes the root as a dot', 'null.example', 'MX', { records: [{ preference: 0, exchange: '.' }] }),
    found('follows an alias', 'alias.secure.example', 'A', {
      records: [{ address: '192.0.2.1' }],
      canonicalName: 'mx.secure.example',
      authentic: true,
    }),
    found('gives the alias itself when asked for it', 'alias.secure.example', 'CNAME', {
      records: [{ target: 'mx.secure.example' }],
      canonicalName: 'alias.secure.example',
      authentic: true,
    }),
    found('is not authentic behind an alias to an insecure name', 'to-insecure.secure.example', 'A', {
      authentic: false,
      validFor: 60,
    }),
    found('is not authentic behind an insecure alias', 'from-plain.example', 'A', { authentic: false }),
    found('knows wildcards', 'any.thing.wild.example', 'A', { records: [{ address: '192.0.2.5' }] }),
    no('tells a missing type', 'secure.example', 'TXT', 'nodata', true),
    no('tells a missing type of a name that only has names below it', '_tcp.mx.secure.example', 'TLSA', 'nodata', true),
    no('tells a missing name', 'gone.secure.example', 'A', 'nxdomain', true),
    no('tells a missing name that nothing vouches for', 'gone.plain.example', 'A', 'nxdomain', false),
    no('tells a missing name behind an alias', 'to-nothing.secure.example', 'MX', 'nxdomain', true),
    fails('tells bogus from absent', 'bogus.secure.example', 'TLSA', 'bogus'),
    fails('tells a failed type', 'half.example', 'AAAA', 'servfail'),
    fails('tells a refusal', 'refused.example', 'A', 'refused'),
    fails('tells a malformed answer', 'garbled.example', 'A', 'malformed'),
    fails('tells a loop', 'here.example', 'A', 'loop'),
    fails('fails when an alias leads to a failure', 'to-failure.example', 'A', 'refused'),
    fails('takes a name that cannot exist as failed', `${'a'.repeat(64)}.example`, 'A', 'malformed'),
    fails('takes an empty label as failed', 'a..example', 'A', 'malformed'),
    fails('takes a name above ASCII as failed', 'b\u00fccher.example', 'A', 'malformed'),
    {
      name: 'answers a type that succeeds beside one that fails',
      run: (create) =>
        withResolver(create, async (resolver) => {
          await resolver.resolve('half.example', 'AAAA')
          expectKind(await resolver.resolve('half.example', 'A'), 'found')
        }),
    },
    {
      name: 'answers all types at once',
      run: (create) =>
        withResolver(create, async (resolver) => {
          const types = Object.keys(recordTypes) as RecordType[]
          const answers = await Promise.all(types.map((type) => resolver.resolve('mx.secure.example', type)))
          for (const [index, answer] of answers.entries())
            expectKind(answer, types[index] === 'A' || types[index] === 'AAAA' ? 'found' : 'nodata')
        }),
    },
    {
      name: 'rejects a type that does not exist',
      run: (create) =>
        withResolver(create, async (resolver) => {
          const failed = await resolver.resolve('plain.example', 'toString' as RecordType).then(
            () => false,
            () => true,
          )
          if (!failed) throw new Error('it was taken')
        }),
    },
  ]
}

async function withResolver(create: Parameters<ResolverCase['run']>[0], use: (resolver: Resolver) => Promise<void>) {
  const made = await create(createZone(names))
  try {
    await use(made.resolver)
  } finally {
    await made.close?.()
  }
}

type Found<R> = Extract<Answer<R>, { kind: 'found' }>

function found<T extends RecordType>(
  name: string,
  asked: string,
  type: T,
  expected: Partial<Found<RecordOf<T>>>,
  further: (answer: Found<RecordOf<T>>) => string | undefined = () => undefined,
): ResolverCase {
  return {
    name,
    run: (create) =>
      withResolver(create, async (resolver) => {
        const answer = await resolver.resolve(asked, type)
        if (answer.kind !== 'found') throw new Error(`expected records, got ${show(answer)}`)
        for (const [key, value] of Object.entries(expected))
          if (show(answer[key as keyof typeof answer]) !== show(value))
            throw new Error(`${key}: expected ${show(value)}, got ${show(answer)}`)
        const fault = further(answer)
        if (fault !== undefined) throw new Error(`${fault}: ${show(answer)}`)
      }),
  }
}

function no(name: string, asked: string, type: RecordType, kind: 'nodata' | 'nxdomain', authentic: boolean) {
  return expecting(name, asked, type, (answer) => answer.kind === kind && answer.authentic === authentic)
}

function fails(name: string, asked: string, type: RecordType, reason: FailureReason) {
  return expecting(name, asked, type, (answer) => answer.kind === 'failed' && answer.reason === reason)
}

function expecting(
  name: string,
  asked: string,
  type: RecordType,
  holds: (answer: Answer<unknown>) => boolean,
): ResolverCase {
  return {
    name,
    run: (create) =>
      withResolver(create, async (resolver) => {
        const answer = await resolver.resolve(asked, type)
        if (!holds(answer)) throw new Error(`got ${show(answer)}`)
      }),
  }
}

function expectKind(answer: Answer<unknown>, kind: string): void {
  if (answer.kind !== kind) throw new Error(`expected ${kind}, got ${show(answer)}`)
}

const show = (value: unknown): string => JSON.stringify(value)
