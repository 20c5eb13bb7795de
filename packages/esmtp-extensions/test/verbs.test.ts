import { type AssumedPeer, type Offers, ServerSession, type SessionContext } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import {
  type AnnouncedLimits,
  type BurlCommand,
  type EtrnRequest,
  type ForwardedAttribute,
  formatXclient,
  formatXforward,
  mtPriority,
  noSoliciting,
  readAtrn,
  readBurl,
  readEtrn,
  readLimits,
  readXclient,
  readXforward,
  remainingBy,
  remainingMtrk,
} from '../src/index.ts'
import { byName } from './extensions.ts'
import { type Vectors, vectorsOf } from './vectors.ts'

/** Where every extension is offered. */
const context: SessionContext = new ServerSession({
  hostname: 'mx.example',
  extensions: [],
  tls: 'active',
  peer: '192.0.2.1',
  now: () => 0,
}).context

for (const [name, [extension]] of Object.entries(byName)) {
  const { verbs = {} } = vectorsOf(name)
  for (const [verb, cases] of Object.entries(verbs))
    describe(verb, () => {
      it.each(cases)('$argument', ({ argument, effect, code }) => {
        const got = extension.verbs[verb]?.run(argument, context)
        if (code === undefined) expect(got).toEqual(effect)
        else expect(got).toMatchObject({ kind: 'reply', reply: { code } })
      })
    })
  it(`there are vectors of every verb of ${name}`, () => {
    if (name !== 'starttls') expect(Object.keys(verbs)).toEqual(Object.keys(extension.verbs))
  })
}

it.each(['xclient', 'xforward'])('%s is obeyed by the trusted alone, whoever asks', (name) => {
  const [extension] = byName[name] ?? []
  const effect = extension?.verbs[name.toUpperCase()]?.run('NAME=a', { ...context, peer: '198.51.100.1' })
  expect(effect).toMatchObject({ kind: 'reply', reply: { code: 550, status: '5.7.0' } })
})

type With<T> = Vectors & { readonly [K in keyof T]: readonly T[K][] }

describe('what an owner reads', () => {
  const etrn = vectorsOf<With<{ read: { argument: string; request?: EtrnRequest } }>>('etrn')
  it.each(etrn.read)('ETRN $argument', ({ argument, request }) => expect(readEtrn(argument)).toEqual(request))

  const xforward =
    vectorsOf<
      With<{
        read: { argument: string; attributes?: readonly (readonly [ForwardedAttribute, string | null])[] }
        format: {
          attributes: readonly (readonly [ForwardedAttribute, string | null])[]
          offer: string[]
          arguments: string[]
        }
      }>
    >('xforward')
  const told = (attributes: readonly (readonly [ForwardedAttribute, string | null])[]) =>
    new Map(attributes.map(([name, value]) => [name, value ?? undefined]))
  it.each(xforward.read)('XFORWARD $argument', ({ argument, attributes }) =>
    expect(readXforward(argument)).toEqual(attributes && told(attributes)),
  )
  it.each(xforward.format)('XFORWARD $arguments, written', ({ attributes, offer, arguments: expected }) =>
    expect(formatXforward(told(attributes), offer)).toEqual(expected),
  )

  const { format, verbs } =
    vectorsOf<With<{ format: { peer: AssumedPeer; offer: string[]; arguments: string[] } }>>('xclient')
  it.each(format)('XCLIENT $arguments, written', ({ peer, offer, arguments: expected }) => {
    expect(formatXclient(peer, offer)).toEqual(expected)
    for (const line of expected) expect(`XCLIENT ${line}\r\n`.length).toBeLessThanOrEqual(512)
  })
  it.each(verbs?.XCLIENT?.filter(({ effect }) => effect !== undefined) ?? [])(
    'XCLIENT $argument, read, written, and read',
    ({ argument }) => {
      const peer = readXclient(argument)
      const lines = formatXclient(peer ?? {}, 'NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT'.split(' '))
      expect(lines.length).toBe(1)
      expect(readXclient(lines[0] ?? '')).toEqual({ address: null, ...peer })
    },
  )

  const atrn = vectorsOf<With<{ read: { argument: string; domains?: readonly string[] } }>>('atrn')
  it.each(atrn.read)('ATRN $argument', ({ argument, domains }) => expect(readAtrn(argument)).toEqual(domains))

  const burl = vectorsOf<With<{ read: { argument: string; command?: BurlCommand } }>>('burl')
  it.each(burl.read)('BURL $argument', ({ argument, command }) => expect(readBurl(argument)).toEqual(command))

  const limits = vectorsOf<With<{ read: { line: string; limits: AnnouncedLimits } }>>('limits')
  it.each(limits.read)('LIMITS $line', ({ line, limits: expected }) => {
    const offers: Offers = new Map([['LIMITS', line.split(' ').filter((word) => word !== '')]])
    expect(readLimits(offers)).toEqual(expected)
  })
  it('LIMITS not told', () => expect(readLimits(new Map())).toEqual({}))

  type Remaining = With<{ remaining: { value: string; elapsed: number; remaining?: string } }>
  it.each(vectorsOf<Remaining>('deliverby').remaining)('BY=$value after $elapsed s', (vector) =>
    expect(remainingBy(vector.value, vector.elapsed)).toBe(vector.remaining),
  )
  it.each(vectorsOf<Remaining>('mtrk').remaining)('MTRK=$value after $elapsed s', (vector) =>
    expect(remainingMtrk(vector.value, vector.elapsed)).toBe(vector.remaining),
  )
})

describe("an owner's words that fit no EHLO reply", () => {
  it.each(['', 'a b', 'ä', 'x'.repeat(21), 'MIXER\r\n250 X'])('are refused: a profile of %j', (profile) =>
    expect(() => mtPriority(profile)).toThrow('no name of a priority profile'),
  )
  it.each([[''], ['a b'], ['9'], ['a', 'ä'], ['a,b', ''], ['x'.repeat(500)]])(
    'are refused: solicitation of %j',
    (...words) => expect(() => noSoliciting(words)).toThrow('no solicitation keywords'),
  )
})
