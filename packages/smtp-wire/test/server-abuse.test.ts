import { describe, expect, it } from 'vitest'
import { type AnyExtension, readReply, reply } from '../src/index.ts'
import { hasShared, shared, toOctets, toText, withoutShared } from './codec-shared.ts'
import { chunking, enhanced, pipelining, size, starttls } from './server-extensions.ts'
import { type AnyAnswerable, Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

/** Cases whose steps a session without sockets can take. */
interface Abuse {
  readonly id: string
  readonly title: string
  readonly role: string
  readonly service: string
  readonly steps: readonly Readonly<Record<string, unknown>>[]
  readonly expect: readonly Readonly<Record<string, string | number>>[]
}

const steps = new Set(['recv', 'as', 'recvAny', 'timeoutMs', 'send', 'sendRepeat', 'mark'])
const cases: readonly Abuse[] = hasShared
  ? (JSON.parse(shared('smtp-abuse/cases.json')).cases as Abuse[]).filter(
      (one) =>
        one.role === 'client' &&
        one.service === 'mx' &&
        one.steps.every((step) => Object.keys(step).every((key) => steps.has(key))),
    )
  : []

class Played {
  readonly messages: string[] = []
  readonly named = new Map<string, string>()
  readonly #replies: string[] = []
  readonly #marks = new Map<string, number>()
  #seen = 0
  readonly #rig: Rig

  constructor({ steps }: Abuse) {
    this.#rig = new Rig({
      decide: (event) => this.#decide(event),
      extensions: [pipelining, enhanced, size, chunking, starttls] as readonly AnyExtension[],
      tls: 'available',
      limits: { messageOctets: 1_048_576, recipients: 100, errors: 20 },
    })
    this.#take(this.#rig.run())
    for (const step of steps) this.#step(step)
  }

  get closed(): boolean {
    return this.#rig.session.mode !== 'open'
  }

  repliesAfter(mark: string): number {
    return this.#replies.length - (this.#marks.get(mark) ?? 0)
  }

  #decide(event: AnyAnswerable): unknown {
    if (event.kind === 'rcpt' && event.forwardPath.kind === 'mailbox') {
      const { localPart, domain } = event.forwardPath
      const known =
        domain.toLowerCase() === 'local.test' && ['alice', 'bob', 'postmaster'].includes(localPart.toLowerCase())
      return known ? usual(event) : reply(550, '7.1', 'Not here')
    }
    if (event.kind === 'data-end') {
      const record = this.#rig.events()
      const since = record.slice(record.findLastIndex((one) => one.startsWith('data-start')))
      this.messages.push(
        since.flatMap((one) => (one.startsWith('body ') ? [JSON.parse(one.slice(5)) as string] : [])).join(''),
      )
    }
    return usual(event)
  }

  #take(out: string): void {
    let rest = toOctets(out)
    while (rest.length > 0) {
      const step = readReply(rest)
      if (step.kind !== 'item') throw new Error(`no reply: ${out}`)
      this.#replies.push(toText(rest.subarray(0, step.consumed)))
      rest = rest.subarray(step.consumed)
    }
  }

  #next(): string {
    const next = this.#replies[this.#seen]
    if (next !== undefined) this.#seen += 1
    return next ?? ''
  }

  #step(step: Readonly<Record<string, unknown>>): void {
    if (typeof step.mark === 'string') this.#marks.set(step.mark, this.#replies.length)
    if (typeof step.send === 'string') this.#send(step.send)
    if (typeof step.sendRepeat === 'object') {
      const { prefix = '', unit = '', times = 1, suffix = '' } = step.sendRepeat as Record<string, never>
      this.#send(`${prefix}${String(unit).repeat(times)}${suffix}`)
    }
    if (typeof step.recvAny === 'string') this.named.set(step.recvAny, this.#next())
    if (typeof step.recv === 'string') {
      const got = this.#next()
      expect(got, 'a step of the set-up').toMatch(new RegExp(step.recv))
      if (typeof step.as === 'string') this.named.set(step.as, got)
    }
  }

  /** In segments, as a network would. */
  #send(text: string): void {
    const octets = toOctets(text)
    for (let at = 0; at < octets.length; at += 1_460) this.#take(this.#rig.feed([octets.subarray(at, at + 1_460)]))
  }
}

function check(played: Played, rule: Readonly<Record<string, string | number>>) {
  const { property, matches = '', n = 0, mark = '', bytes = '' } = rule
  const got = played.named.get(String(rule.of)) ?? ''
  const count = played.messages.length
  switch (property) {
    case 'must-not-accept-message':
      return expect(count).toBe(0)
    case 'must-not-accept-second-message':
    case 'must-accept-at-most-one':
      return expect(count).toBeLessThanOrEqual(1)
    case 'must-accept-exactly-one':
      return expect(count).toBe(1)
    case 'must-accept-exactly':
      return expect(count).toBe(n)
    case 'must-reply':
      return expect(got).toMatch(new RegExp(String(matches)))
    case 'must-reply-5xx':
      return expect(got).toMatch(/^5/)
    case 'must-reply-4xx-or-5xx':
      return expect(got).toMatch(/^[45]/)
    case 'must-refuse':
      return expect(/^[45]/.test(got) || (got === '' && played.closed)).toBe(true)
    case 'max-replies-after':
      return expect(played.repliesAfter(String(mark))).toBeLessThanOrEqual(Number(n))
    case 'must-close':
      return expect(played.closed).toBe(true)
    case 'stored-must-contain':
      return expect(played.messages.join('')).toContain(bytes)
    case 'stored-must-not-contain':
      return expect(played.messages.join('')).not.toContain(bytes)
    default:
      // Files, memory, time and delivery are others' to show.
      return undefined
  }
}

describe(`misuse, from the shared cases${withoutShared}`, () => {
  it.skipIf(!hasShared)('there are some', () => {
    expect(cases.length).toBeGreaterThan(20)
  })

  it.each(cases.map((one) => [`${one.id} ${one.title}`, one] as const))('%s', (_, one) => {
    const played = new Played(one)
    for (const rule of one.expect) check(played, rule)
  })
})
