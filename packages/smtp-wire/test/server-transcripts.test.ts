import { describe, expect, it } from 'vitest'
import { cuts, toOctets } from './codec-shared.ts'
import type { Rig } from './server-rig.ts'
import { type Case, parseAnswer, prelude, readCases, rigFor } from './server-script.ts'

const cases = readCases(new URL('../vectors/server/', import.meta.url))

/** Plays a case; `cut` gives the pieces of each write. */
function play(one: Case, cut: (octets: Uint8Array, write: number) => readonly Uint8Array[]): readonly string[] {
  const answers = new Map<string, unknown[]>()
  const rig = rigFor(one, answers)
  const first = one.steps[0]
  const greets = first?.kind === 'answer' && first.event === 'greet' && !one.settings.has('from')
  if (greets) answers.set('greet', [first.answer])
  let out = rig.run()
  answers.clear()
  let write = 0
  let told = 0
  for (const line of prelude(one)) rig.feed([toOctets(`${line}\r\n`)])
  if (one.settings.has('from')) {
    out = ''
    told = rig.events().length
  }
  for (const step of one.steps) {
    const where = `${one.file}${'line' in step ? `:${step.line}` : ''} (${one.name})`
    if (step.kind === 'answer') answers.set(step.event, [...(answers.get(step.event) ?? []), step.answer])
    else if (step.kind === 'send') out += rig.feed(cut(step.octets, write++))
    else if (step.kind === 'do') out += perform(rig, step.what, where)
    else {
      expect(out.split('\r\n').slice(0, -1), `replies before ${where}`).toEqual(step.lines)
      expect(out, where).toMatch(/^(|[^\0]*\r\n)$/)
      out = ''
      if (step.events.length === 0) continue
      const events = rig.events().slice(told)
      told += events.length
      expect(events, `events before ${where}`).toEqual(step.events)
    }
  }
  expect(out, `${one.name}: more than was written down`).toBe('')
  return rig.events()
}

function perform(rig: Rig, what: string, where: string): string {
  const [verb, argument = '', ...rest] = what.split(' ')
  const { session } = rig
  switch (verb) {
    case 'tls':
      session.tlsStarted()
      break
    case 'shutdown':
      session.shutdown()
      break
    case 'expire':
      session.expire()
      break
    case 'disconnect':
      session.disconnect()
      break
    case 'identity-is':
      expect(session.context.identity ?? 'nobody', where).toBe(argument)
      break
    case 'peer-is':
      expect(session.context.peer, where).toBe(argument)
      break
    case 'answer':
      rig.answer(argument, parseAnswer(rest))
      break
    case 'mode':
      expect(session.mode, where).toBe(argument)
      break
    default:
      throw new Error(`${where}: ${what}`)
  }
  return rig.run()
}

describe.each(cases.map((one) => [`${one.file}: ${one.name}`, one] as const))('%s', (_, one) => {
  it('whole', () => {
    play(one, (octets) => [octets])
  })

  // Where input that waits is the point, cutting it makes another case.
  if (one.settings.get('cut') === 'no') return
  it('at every cut, and octet by octet, the same', () => {
    const whole = play(one, (octets) => [octets])
    const writes = one.steps.flatMap((step) => (step.kind === 'send' ? [step.octets] : []))
    for (const [index, octets] of writes.entries())
      for (const pieces of octets.length > LONG ? few(octets) : cuts(octets))
        expect(play(one, (all, write) => (write === index ? pieces : [all]))).toEqual(whole)
    expect(play(one, (octets) => Array.from(octets, (octet) => Uint8Array.of(octet)))).toEqual(whole)
  })
})

/** Writes too long to be cut everywhere are cut around their ends. */
function* few(octets: Uint8Array): Generator<readonly Uint8Array[]> {
  for (const at of [1, 2, 511, 512, 513, octets.length - 3, octets.length - 2, octets.length - 1])
    yield [octets.subarray(0, at), octets.subarray(at)]
}

const LONG = 600
