import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Client, createRig, here } from './rig.ts'

const shared = process.env.ANGARIUM_SHARED ?? join(import.meta.dirname, '../../../../shared')
const read = (file: string) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined)

interface AbuseCase {
  readonly id: string
  readonly class: string
  readonly title: string
  readonly role: string
  readonly steps: readonly Readonly<Record<string, unknown>>[]
  readonly expect: readonly { readonly property: string; readonly of: string; readonly matches?: string }[]
}

const abuse: { readonly cases: readonly AbuseCase[] } | undefined = read(join(shared, 'vectors/smtp-abuse/cases.json'))
const probes:
  | { readonly cases: readonly { readonly n: number; readonly mail: string; readonly rcpt: string }[] }
  | undefined = read(join(shared, 'vectors/smtp-attacks/open-relay.json'))

/** Properties that show in one reply or in the queue; the others need a whole server. */
const holds: Readonly<Record<string, (reply: string, queued: number, matches: string) => boolean>> = {
  'must-reply': (reply, _, matches) => new RegExp(matches).test(reply),
  'must-reply-5xx': (reply) => reply.startsWith('5'),
  'must-reply-4xx-or-5xx': (reply) => /^[45]/.test(reply),
  'must-refuse': (reply) => reply === '' || /^[45]/.test(reply),
  'must-not-relay': (_, queued) => queued === 0,
  'must-not-accept-message': (_, queued) => queued === 0,
}

const octets = (text: unknown) => Buffer.from(Array.from(String(text), (character) => character.charCodeAt(0)))

async function play(client: Client, steps: AbuseCase['steps']): Promise<ReadonlyMap<string, string>> {
  const replies = new Map<string, string>()
  for (const step of steps) {
    if ('send' in step) await client.write(octets(step.send))
    else if ('sendRepeat' in step) {
      const { prefix = '', unit, times, suffix = '' } = step.sendRepeat as Record<string, string>
      await client.write(octets(`${prefix}${String(unit).repeat(Number(times))}${suffix}`))
    } else if ('recv' in step || 'recvAny' in step) {
      const [reply = ''] = await client.replies()
      if ('recv' in step) expect(reply).toMatch(new RegExp(String(step.recv)))
      else replies.set(String(step.recvAny), reply)
    } else throw new Error(`a step this player does not know: ${JSON.stringify(step)}`)
  }
  return replies
}

describe('abuse', () => {
  const cases = (abuse?.cases ?? []).filter(({ class: name }) => name === 'open-relay' || name === 'address-parsing')
  it.skipIf(abuse === undefined)('(skipped without the shared vectors) there are cases', () =>
    expect(cases).toHaveLength(10),
  )
  for (const one of cases)
    it(`${one.id} ${one.title}`, async () => {
      const rig = await createRig()
      const replies = await play(await rig.connect(), one.steps)
      const queued = (await rig.entries()).length
      for (const { property, of, matches = '' } of one.expect)
        if (property in holds)
          expect(holds[property]?.(replies.get(of) ?? '', queued, matches), `${property} ${of}`).toBe(true)
    })
})

describe('open-relay probes', () => {
  const words: Readonly<Record<string, string>> = {
    '{from}': 'spam@client.test',
    '{from_user}': 'spam',
    '{to}': 'victim@remote.test',
    '{to_user}': 'victim',
    '{to_domain}': 'remote.test',
    '{host}': 'mx.local.test',
    '{ip}': here,
  }
  const filled = (form: string): string => form.replace(/\{\w+\}/g, (word) => words[word] ?? word)
  it.skipIf(probes === undefined)('(skipped without the shared vectors) there are probes', () =>
    expect(probes?.cases.length).toBeGreaterThan(0),
  )
  for (const { n, mail, rcpt } of probes?.cases ?? [])
    it(`${n}: ${rcpt}`, async () => {
      const rig = await createRig()
      const client = await rig.open()
      await client.say(filled(mail))
      expect(await client.say(filled(rcpt))).toMatch(/^5/)
      expect(await client.say('DATA')).toMatch(/^503 /)
      expect(await rig.entries()).toEqual([])
    })
})
