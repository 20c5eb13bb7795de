import { readdirSync, readFileSync } from 'node:fs'
import { type AnyExtension, reply, type ServerLimits } from '../src/index.ts'
import { toOctets } from './codec-shared.ts'
import { extensions } from './server-extensions.ts'
import { type AnyAnswerable, Rig } from './server-rig.ts'

/**
 * A transcript file holds cases, each begun by `== name`, then `key: value` settings, then lines:
 *
 *   C: text      the client sends the text and CRLF; neighbouring lines go out in one write
 *   C| text      the same without CRLF; \r \n \0 \t \\ and \xHH are octets, {abc*1000} repeats
 *   S: text      the server sends this line; all lines up to the next C or ! are all it sends
 *   E: event     these are all events since the last E
 *   A: kind 550 1.1 text    the next event of this kind is answered so (`go`, `accept`, or a reply; `wait`: not at all)
 *   !: tls | shutdown | expire | disconnect | identity-is NAME | peer-is ADDRESS | mode MODE
 *   A: verb as NAME 235 7.0 text    the client has authenticated
 *   !: answer kind reply    answers the event that waits
 *
 * Settings: protocol, bareLineEnds, extensions (keywords), tls, identity, peer, limits (name=number), from (`EHLO`, `HELO`, `LHLO`, `MAIL`, `RCPT` or
 * `DATA`: the case begins behind that), cut (`no`: what waits decides, run whole only).
 */
export interface Case {
  readonly name: string
  readonly file: string
  readonly settings: ReadonlyMap<string, string>
  readonly steps: readonly Step[]
}

type Step =
  | { readonly kind: 'send'; readonly octets: Uint8Array; readonly line: number }
  | { readonly kind: 'do'; readonly what: string; readonly line: number }
  | { readonly kind: 'answer'; readonly event: string; readonly answer: unknown }
  | {
      readonly kind: 'expect'
      readonly lines: readonly string[]
      readonly events: readonly string[]
      readonly line: number
    }

export function readCases(folder: URL): Case[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.smtp'))
    .sort()
    .flatMap((file) => parseCases(file, readFileSync(new URL(file, folder), 'utf8')))
}

function parseCases(file: string, text: string): Case[] {
  const cases: Case[] = []
  let settings = new Map<string, string>()
  let steps: Step[] = []
  let lines: string[] = []
  let events: string[] = []
  let sent = ''
  let started = false
  const flushSent = (line: number): void => {
    if (sent !== '') steps.push({ kind: 'send', octets: toOctets(sent), line })
    sent = ''
  }
  const flushExpected = (line: number): void => {
    if (started) steps.push({ kind: 'expect', lines, events, line })
    lines = []
    events = []
    started = false
  }
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1
    if (raw.startsWith('== ')) {
      flushSent(line)
      flushExpected(line)
      settings = new Map()
      steps = []
      cases.push({ name: raw.slice(3), file, settings, steps })
      continue
    }
    if (raw === '' || raw.startsWith('#')) continue
    const mark = raw.slice(0, 2)
    const rest = raw.slice(3)
    if (mark === 'C:' || mark === 'C|') {
      flushExpected(line)
      sent += mark === 'C:' ? `${utf8(rest)}\r\n` : octetsIn(rest)
    } else if (mark === 'S:' || mark === 'E:') {
      flushSent(line)
      started = true
      if (mark === 'S:') lines.push(utf8(rest))
      else events.push(rest)
    } else if (mark === 'A:') {
      flushSent(line)
      flushExpected(line)
      const [event = '', ...answer] = rest.split(' ')
      steps.push({ kind: 'answer', event, answer: parseAnswer(answer) })
    } else if (mark === '!:') {
      flushSent(line)
      flushExpected(line)
      steps.push({ kind: 'do', what: rest, line })
    } else {
      const colon = raw.indexOf(': ')
      if (colon === -1 || steps.length > 0) throw new Error(`${file}:${line}: ${raw}`)
      settings.set(raw.slice(0, colon), raw.slice(colon + 2))
    }
  }
  const end = text.split('\n').length
  flushSent(end)
  flushExpected(end)
  return cases
}

export function parseAnswer(words: readonly string[]): unknown {
  const [first = '', second = '', ...text] = words
  if (first === 'go' || first === 'accept' || first === 'wait') return first
  if (first === 'as') return { identity: second, reply: parseAnswer(text) }
  if (first === '[') {
    // One reply for each recipient, as `[ 250 0.0 OK | 452 2.2 Full ]`.
    return words
      .slice(1, -1)
      .join(' ')
      .split(' | ')
      .map((one) => parseAnswer(one.split(' ')))
  }
  const detail = /^\d+\.\d+$/.test(second) ? (second as `${number}.${number}`) : undefined
  return reply(Number(first), detail, (detail === undefined ? [second, ...text] : text).join(' ').trim())
}

const utf8 = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text))

function octetsIn(text: string): string {
  const known: Record<string, string> = { r: '\r', n: '\n', '0': '\0', t: '\t', '\\': '\\' }
  return text
    .replace(/\{(.*?)\*(\d+)\}/g, (_, unit: string, times: string) => unit.repeat(Number(times)))
    .replace(/\\(?:x([0-9a-f]{2})|([rn0t\\]))/g, (_, hex: string | undefined, letter: string) =>
      hex === undefined ? (known[letter] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    )
}

/** The session and owner a case asks for. */
export function rigFor({ settings }: Case, answers: ReadonlyMap<string, unknown[]>): Rig {
  const keywords = settings.get('extensions')?.split(' ') ?? []
  const limits: Record<string, number> = {}
  for (const pair of settings.get('limits')?.split(' ') ?? []) {
    const [name = '', value] = pair.split('=')
    limits[name] = Number(value)
  }
  const decide = (event: AnyAnswerable): unknown => {
    const planned = answers.get(event.kind)?.shift()
    if (planned !== undefined) return planned === 'wait' ? undefined : planned
    return usual(event)
  }
  return new Rig({
    decide,
    extensions: keywords.map((keyword): AnyExtension => {
      const extension = extensions.get(keyword)
      if (extension === undefined) throw new Error(`no extension ${keyword}`)
      return extension
    }),
    limits: limits as Partial<ServerLimits>,
    identity: settings.get('identity'),
    peer: settings.get('peer'),
    bareLineEnds: (settings.get('bareLineEnds') ?? 'refuse') as 'refuse' | 'repair',
    protocol: (settings.get('protocol') ?? 'smtp') as 'smtp' | 'lmtp',
    tls: (settings.get('tls') ?? 'unavailable') as 'unavailable' | 'available' | 'active',
  })
}

/** What was said before a case begins. */
export function prelude({ settings }: Case): readonly string[] {
  const from = settings.get('from')
  if (from === undefined) return []
  const hello = settings.get('protocol') === 'lmtp' ? 'LHLO' : from === 'HELO' ? 'HELO' : 'EHLO'
  const lines = [`${hello} client.example`, 'MAIL FROM:<ada@client.example>', 'RCPT TO:<bob@mx.example>', 'DATA']
  const count = ['MAIL', 'RCPT', 'DATA'].indexOf(from) + 2
  return lines.slice(0, count)
}

/** What an owner that likes everybody answers. */
export function usual(event: AnyAnswerable): unknown {
  switch (event.kind) {
    case 'greet':
      return reply(220, undefined, 'mx.example ESMTP')
    case 'hello':
      return 'accept'
    case 'mail':
      return reply(250, '1.0', 'Sender OK')
    case 'rcpt':
      return reply(250, '1.5', 'Recipient OK')
    case 'data-start':
      return 'go'
    case 'data-end':
      return reply(250, '0.0', 'Queued')
    case 'verb':
      return reply(250, '0.0', 'Done')
    case 'lookup':
      return reply(252, '5.0', 'Cannot verify')
  }
}
