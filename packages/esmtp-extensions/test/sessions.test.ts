import { type AnyExtension, reply, ServerSession, type SessionContext } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { enhancedStatusCodes, limits, size, startTls } from '../src/index.ts'
import vectors from '../vectors/sessions.json' with { type: 'json' }
import more from '../vectors/transcripts.json' with { type: 'json' }
import { byName } from './extensions.ts'
import { octetsOf, talk, type Where } from './talk.ts'

interface Step {
  readonly C?: string
  readonly S: readonly string[]
  readonly tls?: boolean
}

interface Transcript {
  readonly name: string
  /** By the names of their files; left out: the basic five. */
  readonly extensions?: readonly string[]
  readonly tls?: string
  readonly peer?: string
  readonly identity?: string
  readonly recipients?: number
  readonly transactions?: number
  readonly mode?: string
  readonly bodies?: number
  readonly steps: readonly Step[]
}

const transcripts: readonly Transcript[] = [...vectors.sessions, ...more.sessions]

describe.each(transcripts)('server session: $name', (transcript) => {
  const { steps, mode = 'open', extensions } = transcript
  // A cut where nothing may wait behind a command would change what happens.
  const pieces = extensions === undefined && steps.some(({ C = '' }) => /\r\n./s.test(C)) ? [0] : [0, 1, 7]
  it.each(mode === 'closing' && extensions?.includes('xclient') ? [0] : pieces)(
    'in pieces of %i octets (0: whole)',
    async (piece) => {
      const named = extensions?.flatMap((name) => byName[name] ?? [])
      const peer = talk(whereOf(transcript), named && [statusSilently, ...named])
      const { session, say } = peer
      for (const { C = '', S, tls: handshake } of steps) {
        const octets = octetsOf(padded(C))
        const replies = await say(octets, piece === 0 ? octets.length : piece)
        expect(replies.length, `${C} got ${replies.join(' | ')}`).toBe(S.length)
        for (const [index, expected] of S.entries())
          if (expected.endsWith('*')) expect(`${replies[index]} `).toContain(expected.slice(0, -1))
          else expect(replies[index]).toBe(expected)
        expect(session.mode === 'want-tls').toBe(handshake === true)
        if (handshake === true) session.tlsStarted()
      }
      expect(session.mode).toBe(mode)
      if (transcript.bodies !== undefined) expect(peer.bodies).toBe(transcript.bodies)
    },
  )
})

/** Replies carry their status, and nothing more stands in the EHLO reply. */
const statusSilently: AnyExtension = { ...enhancedStatusCodes, ehlo: () => undefined }

function whereOf({ tls, peer, identity, recipients, transactions }: Transcript): Where {
  return {
    tls: tls === 'available' || tls === 'active' ? tls : 'unavailable',
    ...(peer !== undefined && { peer }),
    ...(identity !== undefined && { identity }),
    limits: { ...(recipients !== undefined && { recipients }), ...(transactions !== undefined && { transactions }) },
  }
}

describe('what EHLO says', () => {
  const context = contextWith('unavailable')

  it('a limit that is no whole number is no fixed maximum', () => {
    expect(size.ehlo({ ...context, limits: { ...context.limits, messageOctets: Number.POSITIVE_INFINITY } })).toEqual([
      '0',
    ])
    expect(size.ehlo({ ...context, limits: { ...context.limits, messageOctets: Number.MAX_SAFE_INTEGER } })).toEqual([
      '9007199254740991',
    ])
  })

  it('LIMITS are told where six digits hold them', () => {
    const told = (recipients: number, transactions: number) =>
      limits.ehlo({ ...context, limits: { ...context.limits, recipients, transactions } })
    expect(told(1, 999_999)).toEqual(['RCPTMAX=1', 'MAILMAX=999999'])
    expect(told(0, 1_000_000)).toBeUndefined()
    expect(told(1.5, Number.POSITIVE_INFINITY)).toBeUndefined()
    expect(told(100, Number.POSITIVE_INFINITY)).toEqual(['RCPTMAX=100'])
  })

  it('STARTTLS only while it can be had', () => {
    const offered = (tls: 'unavailable' | 'available' | 'active') => startTls.ehlo({ ...context, tls })
    expect([offered('unavailable'), offered('available'), offered('active')]).toEqual([undefined, [], undefined])
  })
})

it('the verb itself answers for every state, should a session ask it', () => {
  const run = (argument: string, tls: 'unavailable' | 'available' | 'active') => {
    const effect = startTls.verbs.STARTTLS?.run(argument, contextWith(tls))
    return effect?.kind === 'reply' || effect?.kind === 'start-tls' ? [effect.kind, effect.reply.code] : effect
  }
  expect(run('', 'available')).toEqual(['start-tls', 220])
  expect(run('', 'active')).toEqual(['reply', 503])
  expect(run('', 'unavailable')).toEqual(['reply', 454])
  expect(run('now', 'available')).toEqual(['reply', 501])
})

it.each([
  ['binarymime', ['CHUNKING', '8BITMIME']],
  ['smtputf8', ['8BITMIME']],
  ['mtrk', ['DSN']],
  ['atrn', ['AUTH']],
  ['burl', ['8BITMIME']],
])('%s needs %j beside it', (name, needed) => {
  for (const keyword of needed) {
    const list = (byName[name] ?? []).filter((one) => one.keyword !== keyword)
    expect(() => new ServerSession({ hostname: 'h', extensions: list, now: () => 0 })).toThrow(`requires ${keyword}`)
  }
})

it('a list that holds one twice is refused at the start', () => {
  expect(() => new ServerSession({ hostname: 'h', extensions: [size, size], now: () => 0 })).toThrow('SIZE')
})

it('the declared size reaches the one who answers, typed', () => {
  const session = new ServerSession({ hostname: 'h', extensions: [size], now: () => 0 })
  const seen: (number | undefined)[] = []
  for (const line of ['', 'EHLO client.example\r\n', 'MAIL FROM:<a@example.org> SIZE=4000000\r\n']) {
    session.receive(octetsOf(line))
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      if (event.kind === 'greet') session.answer(event, reply(220, undefined, 'h'))
      if (event.kind === 'hello') session.answer(event, 'accept')
      if (event.kind !== 'mail') continue
      seen.push(event.parameters.SIZE)
      session.answer(event, reply(452, '3.1', 'No room for that now'))
    }
    session.takeOutput()
  }
  expect(seen).toEqual([4_000_000])
})

function contextWith(tls: SessionContext['tls']): SessionContext {
  return new ServerSession({ hostname: 'h', extensions: [], tls, now: () => 0 }).context
}

/** `{pad 552}` stands for as many blanks as make the line so long. */
function padded(line: string): string {
  const pad = /\{pad ([0-9]+)\}/.exec(line)
  if (pad === null) return line
  return line.replace(pad[0], ' '.repeat(Number(pad[1]) - line.length + pad[0].length))
}
