import { describe, expect, it } from 'vitest'
import type { Message, MessageRecord, RecordType } from '../src/index.ts'
import { queryFor } from '../src/message/query.ts'
import { judge } from '../src/resolver/judge.ts'

const message = (parts: Partial<Message>): Message => {
  const { flags, ...query } = queryFor('a.example', 'A', 1, false)
  return { ...query, flags: { ...flags, response: true }, ...parts }
}
const a = (owner: string, last: number, ttl = 300): MessageRecord => ({
  owner,
  type: 'A',
  ttl,
  data: { address: `192.0.2.${last}` },
})
const cname = (owner: string, target: string, ttl = 300): MessageRecord => ({
  owner,
  type: 'CNAME',
  ttl,
  data: { target },
})
const ns = (owner: string): MessageRecord => ({ owner, type: 'NS', ttl: 300, data: { target: 'ns.example' } })
const soa = (owner: string, ttl: number, minimum: number): MessageRecord => ({
  owner,
  type: 'SOA',
  ttl,
  data: { mname: '.', rname: '.', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
})
const verdict = (parts: Partial<Message>, name = 'a.example', type: RecordType = 'A') =>
  judge(message(parts), name, type)
const failed = (reason: string) => ({ kind: 'failed', reason })

describe('records', () => {
  it('are those of the name and type asked for, with the least TTL of all on the way', () => {
    const answers = [
      a('b.example', 9),
      cname('a.example', 'b.example', 50),
      a('b.example', 1, 40),
      ns('b.example'),
      a('x.example', 2, 1),
    ]
    expect(verdict({ answers })).toEqual({
      kind: 'records',
      records: [{ address: '192.0.2.9' }, { address: '192.0.2.1' }],
      owner: 'b.example',
      ttl: 40,
    })
    expect(verdict({ answers: [cname('a.example', 'b.example', 5), a('b.example', 1, 40)] })).toMatchObject({ ttl: 5 })
  })

  it('are at most a hundred', () => {
    const mx = Array.from({ length: 150 }, (_, index): MessageRecord => {
      return {
        owner: 'a.example',
        type: 'MX',
        ttl: 300,
        data: { preference: 150 - index, exchange: `mx${index}.example` },
      }
    })
    const found = verdict({ answers: mx }, 'a.example', 'MX')
    const preferences =
      found.kind === 'records' ? found.records.map((record) => (record as { preference: number }).preference) : []
    expect(preferences).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  it('may be aliases themselves', () => {
    expect(verdict({ answers: [cname('a.example', 'b.example')] }, 'a.example', 'CNAME')).toMatchObject({
      records: [{ target: 'b.example' }],
      owner: 'a.example',
    })
  })

  it('do not go with "no such name"', () => {
    expect(verdict({ rcode: 3, answers: [a('a.example', 1)] })).toEqual(failed('malformed'))
  })
})

describe('no records', () => {
  it.each([
    ['no such name', { rcode: 3, authorities: [soa('example', 100, 200)] }, { kind: 'nxdomain', ttl: 100 }],
    [
      'no such name, the minimum being less',
      { rcode: 3, authorities: [soa('example', 200, 90)] },
      { kind: 'nxdomain', ttl: 90 },
    ],
    ['no such name, not to be kept', { rcode: 3 }, { kind: 'nxdomain', ttl: 0 }],
    ['no such record', { authorities: [soa('a.example', 100, 200)] }, { kind: 'nodata', ttl: 100 }],
    ['no such record, not to be kept', {}, { kind: 'nodata', ttl: 0 }],
    ['the start of another zone', { authorities: [soa('b.example', 100, 200)] }, { kind: 'nodata', ttl: 0 }],
    ['the start of the root', { authorities: [soa('.', 100, 200)] }, { kind: 'nodata', ttl: 100 }],
    [
      'no such name behind an alias',
      { rcode: 3, answers: [cname('a.example', 'x.test', 7)], authorities: [soa('test', 100, 200)] },
      { kind: 'nxdomain', ttl: 7 },
    ],
    [
      'no such record behind an alias',
      { answers: [cname('a.example', 'x.test', 700)], authorities: [soa('test', 100, 200)] },
      { kind: 'nodata', ttl: 100 },
    ],
    [
      'an alias to be asked for',
      { answers: [cname('a.example', 'x.test', 7), cname('x.test', 'y.test', 5)], authorities: [ns('y.test')] },
      { kind: 'alias', target: 'y.test', passed: ['a.example', 'x.test'], ttl: 5 },
    ],
    ['a referral', { authorities: [ns('example')] }, failed('refused')],
    [
      'an authority that names its servers',
      { authorities: [ns('example')], flags: { ...message({}).flags, authoritative: true } },
      { kind: 'nodata', ttl: 0 },
    ],
  ] as const)('%s', (_name, parts, expected) => {
    expect(verdict(parts as Partial<Message>)).toEqual(expected)
  })
})

describe('no answer', () => {
  const edns = (...errors: number[]) => ({ udpOctets: 512, version: 0, dnssec: true, errors })
  it.each([
    ['servfail', { rcode: 2 }, 'servfail'],
    ['servfail for want of a server', { rcode: 2, edns: edns(22) }, 'servfail'],
    ...[5, 6, 7, 8, 9, 10, 11, 12].map(
      (code) => [`extended error ${code}`, { rcode: 2, edns: edns(22, code) }, 'bogus'] as const,
    ),
    ['extended errors without failure do not count', { rcode: 5, edns: edns(6) }, 'refused'],
    ['refused', { rcode: 5 }, 'refused'],
    ['format error', { rcode: 1 }, 'refused'],
    ['not implemented', { rcode: 4 }, 'refused'],
    ['bad version', { rcode: 16 }, 'refused'],
    ['a code that nobody knows', { rcode: 99 }, 'servfail'],
    ['another opcode', { opcode: 4 }, 'malformed'],
    [
      'two aliases of one name',
      { answers: [cname('a.example', 'b.example'), cname('a.example', 'c.example')] },
      'malformed',
    ],
    ['a loop', { answers: [cname('a.example', 'b.example'), cname('b.example', 'a.example')] }, 'loop'],
    ['a name that is its own alias', { answers: [cname('a.example', 'a.example')] }, 'loop'],
  ] as const)('%s', (_name, parts, reason) => {
    expect(verdict(parts as Partial<Message>)).toEqual(failed(reason))
  })

  it('tolerates an alias told twice', () => {
    const answers = [cname('a.example', 'b.example'), cname('a.example', 'b.example'), a('b.example', 1)]
    expect(verdict({ answers })).toMatchObject({ kind: 'records' })
  })

  it('follows sixteen aliases, not more', () => {
    const chain = (length: number) => [
      ...Array.from({ length }, (_, index) => cname(index === 0 ? 'a.example' : `${index}.test`, `${index + 1}.test`)),
      a(`${length}.test`, 1),
    ]
    expect(verdict({ answers: chain(16) })).toMatchObject({ kind: 'records', owner: '16.test' })
    expect(verdict({ answers: chain(17) })).toEqual(failed('loop'))
  })
})
