import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { octetsOf, talk } from './talk.ts'

const shared = process.env.ANGARIUM_SHARED ?? join(import.meta.dirname, '../../../../shared')
const file = join(shared, 'vectors/smtp-abuse/cases.json')
const absent = !existsSync(file)

type Step =
  | { readonly recv: string }
  | { readonly send: string }
  | { readonly recvAny: string }
  | { readonly tls: true }

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
  }[]
}

/** Cases of the classes these extensions answer for. AUTH, which the submission cases need, is not one of them. */
function cases(): readonly Case[] {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }
  const classes = ['starttls-injection', 'number-parsing', 'parameter-injection']
  return cases.filter((one) => classes.includes(one.class) && one.service === 'mx')
}

describe(`abuse cases (${absent ? 'skipped: no shared vectors' : 'shared vectors'})`, () => {
  it.skipIf(absent)('there are some', () => expect(cases().length).toBeGreaterThan(4))

  for (const one of absent ? [] : cases())
    it(`${one.id} ${one.title}`, () => {
      const peer = talk({ tls: 'available' })
      const named = new Map<string, string>()
      let said: string[] = []
      for (const step of one.steps) {
        const closed = peer.session.mode === 'closing'
        if ('send' in step && !closed) said.push(...peer.say(octetsOf(step.send)))
        if ('tls' in step && peer.session.mode === 'want-tls') peer.session.tlsStarted()
        if ('recv' in step) {
          if (said.length === 0) said = peer.say(new Uint8Array(0))
          expect(said.join('\r\n')).toMatch(new RegExp(step.recv))
          said = []
        }
        if ('recvAny' in step) {
          named.set(step.recvAny, said.length === 0 && closed ? 'closed' : said.join('\r\n'))
          said = []
        }
      }
      for (const { property, of = '', text = '', matches = '' } of one.expect) {
        const heard = named.get(of) ?? ''
        if (property === 'must-not-accept-message') expect(peer.bodies).toBe(0)
        else if (property === 'reply-must-not-contain') expect(heard).not.toContain(text)
        else if (heard === 'closed') continue
        else if (property === 'must-be-silent') expect(heard).toBe('')
        else if (property === 'must-reply-5xx') expect(heard).toMatch(/^5/)
        else if (property === 'must-reply') expect(heard).toMatch(new RegExp(matches))
        else throw new Error(`${property} is not judged here`)
      }
    })
})
