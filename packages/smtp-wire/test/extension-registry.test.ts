import { describe, expect, it } from 'vitest'
import {
  type AnyExtension,
  createRegistry,
  defineExtension,
  ServerSession,
  type SessionContext,
  WireError,
} from '../src/index.ts'
import { grantHello } from '../src/server/hello.ts'

const codec = (maxOctets: number) => ({
  maxOctets,
  parse: (text: string | undefined) => text,
  format: (text: string) => text,
})
const verb = (lineOctets?: number) => ({
  phases: ['ready' as const],
  barrier: true,
  run: () => ({ kind: 'ask' as const }),
  ...(lineOctets !== undefined && { lineOctets }),
})

function extension(keyword: string, more: Partial<AnyExtension> = {}): AnyExtension {
  return { ...defineExtension({ name: keyword.toLowerCase(), rfc: 1, keyword }), ...more }
}

function conflict(...list: readonly AnyExtension[]): unknown {
  try {
    createRegistry(list)
    return undefined
  } catch (error) {
    return WireError.is(error, 'EXTENSION_CONFLICT') ? error.detail : error
  }
}

const context: SessionContext = {
  tls: 'active',
  identity: undefined,
  lmtp: false,
  peer: undefined,
  granted: new Set(),
  limits: { messageOctets: 1, recipients: 1, transactions: 1 },
}

it('sessions with one list share its registry, and what a hello granted', () => {
  const list = [extension('A'), extension('B', { ehlo: ({ tls }) => (tls === 'active' ? [] : undefined) })]
  expect(createRegistry(list)).toBe(createRegistry(list))
  const granted = (tls: SessionContext['tls']) => grantHello('mx', list, { ...context, tls })
  expect(granted('available')).toBe(granted('unavailable'))
  expect([...granted('active').grant.keywords]).toEqual(['A', 'B'])
  expect([...granted('available').grant.keywords]).toEqual(['A'])
})

describe('two owners of one thing', () => {
  it.each([
    ['a keyword', extension('A'), { ...extension('A'), name: 'b' }, 'A'],
    ['a MAIL parameter', extension('A', { mail: { X: codec(3) } }), extension('B', { mail: { X: codec(3) } }), 'X'],
    ['a RCPT parameter', extension('A', { rcpt: { X: codec(3) } }), extension('B', { rcpt: { X: codec(3) } }), 'X'],
    ['a verb', extension('A', { verbs: { X: verb() } }), extension('B', { verbs: { X: verb() } }), 'X'],
  ])('%s', (_, a, b, what) => {
    expect(conflict(a, b)).toEqual({ what, owners: ['a', 'b'] })
    expect(conflict(a)).toBeUndefined()
  })

  it('MAIL and RCPT may have a parameter of the same name', () => {
    expect(
      conflict(extension('A', { mail: { X: codec(3) } }), extension('B', { rcpt: { X: codec(3) } })),
    ).toBeUndefined()
  })

  it.each(['HELO', 'EHLO', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'QUIT', 'VRFY', 'EXPN', 'HELP'])(
    'RFC 5321 owns %s',
    (name) => {
      expect(conflict(extension('A', { verbs: { [name]: verb() } }))).toEqual({ what: name, owners: ['RFC 5321', 'a'] })
    },
  )

  it.each(['a', '', '-A', 'A B', 'A_B', 'É', '__PROTO__'])('"%s" is no keyword', (name) => {
    expect(conflict(extension(name))).toEqual({ what: name, owners: [name.toLowerCase()] })
    expect(conflict(extension('A', { mail: { [name]: codec(1) } }))).toMatchObject({ what: name })
    expect(conflict(extension('A', { verbs: { [name]: verb() } }))).toMatchObject({ what: name })
  })

  it('names of objects are names like others', () => {
    expect(conflict(extension('CONSTRUCTOR', { mail: { TOSTRING: codec(9) } }))).toBeUndefined()
  })
})

describe('requirements', () => {
  it('a keyword that is not in the list', () => {
    const b = extension('B', { requires: ['A'] })
    expect(conflict(b)).toEqual({ what: 'A', owners: ['b'] })
    expect(conflict(b, extension('A'))).toBeUndefined()
  })

  const keywords = (list: readonly AnyExtension[], tls: 'active' | 'available'): readonly string[] =>
    grantHello('mx', list, { ...context, tls }).reply.text.slice(1)

  it('TLS: offered only there, and what requires it with it', () => {
    const list = [
      extension('C', { requires: ['B'] }),
      extension('B', { requires: ['A'] }),
      extension('A', { requires: [{ tls: true }] }),
      extension('D'),
    ]
    expect(keywords(list, 'active')).toEqual(['C', 'B', 'A', 'D'])
    expect(keywords(list, 'available')).toEqual(['D'])
  })

  it('what does not offer itself takes along what requires it, also round a ring', () => {
    const list = [
      extension('A', { requires: ['B'] }),
      extension('B', { requires: ['A', 'C'] }),
      extension('C', { ehlo: ({ tls }) => (tls === 'active' ? [] : undefined) }),
    ]
    expect(keywords(list, 'active')).toEqual(['A', 'B', 'C'])
    expect(keywords(list, 'available')).toEqual([])
  })
})

describe('the longest command line', () => {
  it.each([
    [512, []],
    [522, [extension('A', { mail: { X: codec(10) } })]],
    [530, [extension('A', { mail: { X: codec(10), Y: codec(8) }, rcpt: { Z: codec(17) } })]],
    [540, [extension('A', { mail: { X: codec(10) } }), extension('B', { rcpt: { Y: codec(20), Z: codec(8) } })]],
    [12_288, [extension('A', { mail: { X: codec(10) }, verbs: { AUTH: verb(12_288) } })]],
    [522, [extension('A', { mail: { X: codec(10) }, verbs: { AUTH: verb(100) } })]],
  ])('%d octets', (octets, list) => {
    expect(createRegistry(list).lineOctets).toBe(octets)
  })
})

it('a session with a conflict in its list does not begin', () => {
  const start = () => new ServerSession({ hostname: 'mx', extensions: [extension('A'), extension('A')], now: () => 0 })
  expect(start).toThrow(/keyword A belongs to a and to a/)
})

it('what an author leaves out stands for nothing', () => {
  const one = defineExtension({ name: 'x', rfc: 1, keyword: 'X' })
  expect(one.ehlo({} as SessionContext)).toEqual([])
  expect(one.client).toBeUndefined()
  expect([one.mail, one.rcpt, one.verbs, one.requires, one.switches]).toEqual([{}, {}, {}, [], {}])
})
