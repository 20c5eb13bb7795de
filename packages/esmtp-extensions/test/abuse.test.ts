import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Channel, createSaslServer, loginServer, plainServer } from '@angarium/sasl'
import type { SessionContext } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { auth, chunking, createAuthenticator } from '../src/index.ts'
import { all, octetsOf, talk } from './talk.ts'

const shared = process.env.ANGARIUM_SHARED ?? join(import.meta.dirname, '../../../../shared')
const file = join(shared, 'vectors/smtp-abuse/cases.json')
const absent = !existsSync(file)

type Step =
  | { readonly recv: string }
  | { readonly send: string }
  | { readonly recvAny: string }
  | { readonly tls: true }
  | { readonly mark: string }

interface Case {
  readonly id: string
  readonly class: string
  readonly title: string
  readonly service: string
  readonly steps: readonly Step[]
  readonly expect: readonly {
    readonly property: string
    readonly of?: string
    readonly text?: string
    readonly matches?: string
    readonly bytes?: string
    readonly mark?: string
    readonly n?: number
  }[]
}

/** Cases that these extensions answer for. */
function cases(): readonly Case[] {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }
  const classes = ['starttls-injection', 'number-parsing', 'parameter-injection', 'bdat-abuse', 'authentication']
  return cases.filter((one) => classes.includes(one.class) || one.title.includes('BDAT'))
}

/** The server of a service: `submission` authenticates under TLS, alice by one password. */
function server(service: string) {
  if (service !== 'submission') return talk({ tls: 'available' }, [...all, chunking])
  const sasl = createSaslServer([plainServer(), loginServer()])
  const channelOf = (tls: SessionContext['tls']): Channel => ({ encrypted: tls === 'active' })
  const list = [...all, auth(({ tls }) => sasl.offer(channelOf(tls)))]
  const peer = talk(
    { tls: 'available' },
    list,
    createAuthenticator(sasl, () => channelOf(peer.session.context.tls), {
      password: ({ authcid, password }) =>
        authcid === 'alice' && password.reveal() === 'correct horse' ? 'accepted' : 'refused',
    }),
  )
  return peer
}

describe(`abuse cases (${absent ? 'skipped: no shared vectors' : 'shared vectors'})`, () => {
  it.skipIf(absent)('there are some', () => expect(cases().length).toBeGreaterThan(14))

  for (const one of absent ? [] : cases())
    it(`${one.id} ${one.title}`, async () => {
      const peer = server(one.service)
      const named = new Map<string, string>()
      const marks = new Map<string, number>()
      let replies = 0
      let said: string[] = []
      for (const step of one.steps) {
        const closed = peer.session.mode === 'closing'
        if ('mark' in step) marks.set(step.mark, replies)
        if ('send' in step && !closed) {
          const lines = await peer.say(octetsOf(step.send))
          replies += lines.filter((line) => line[3] !== '-').length
          said.push(...lines)
        }
        if ('tls' in step && peer.session.mode === 'want-tls') peer.session.tlsStarted()
        if ('recv' in step) {
          if (said.length === 0) said = await peer.say(new Uint8Array(0))
          expect(said.join('\r\n')).toMatch(new RegExp(step.recv))
          said = []
        }
        if ('recvAny' in step) {
          named.set(step.recvAny, said.length === 0 && closed ? 'closed' : said.join('\r\n'))
          said = []
        }
      }
      for (const { property, of = '', text = '', matches = '', bytes = '', mark = '', n = 0 } of one.expect) {
        const heard = named.get(of) ?? ''
        if (property === 'must-not-accept-message') expect(peer.bodies).toBe(0)
        else if (property === 'must-accept-exactly-one') expect(peer.bodies).toBe(1)
        else if (property === 'stored-must-contain') expect(peer.content).toContain(bytes)
        else if (property === 'must-not-authenticate') expect(peer.session.context.identity).toBeUndefined()
        else if (property === 'max-replies-after') expect(replies - (marks.get(mark) ?? 0)).toBeLessThanOrEqual(n)
        else if (property === 'reply-must-not-contain') expect(heard).not.toContain(text)
        else if (heard === 'closed') continue
        else if (property === 'must-be-silent') expect(heard).toBe('')
        else if (property === 'must-reply-5xx') expect(heard).toMatch(/^5/)
        else if (property === 'must-reply') expect(heard).toMatch(new RegExp(matches))
        else throw new Error(`${property} is not judged here`)
      }
    })
})
