import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RecipientResult } from '../src/client/contract.ts'
import type { ClientEvent } from '../src/client/events.ts'
import type { ClientLimits } from '../src/client/limits.ts'
import { ClientSession } from '../src/client/session.ts'
import { chunking, pipelining, recipients, sender } from './client-fixture.ts'

interface Case {
  readonly name: string
  readonly script: readonly string[]
  readonly to: number
  readonly results?: readonly (readonly string[])[]
  readonly events: readonly string[]
  readonly protocol?: 'smtp' | 'lmtp'
  readonly extensions?: readonly []
  readonly chunking?: boolean
  readonly limits?: Partial<ClientLimits>
  readonly content?: string
  readonly times?: number
  readonly tls?: boolean
  readonly quit?: boolean
  readonly whole?: boolean
}

const { cases } = JSON.parse(readFileSync(new URL('../vectors/client-session.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}

describe('client session', () => {
  for (const one of cases) {
    it(one.name, () => play(one, (octets) => [octets]))
    if (one.whole !== true)
      it(`${one.name}, octet by octet`, () => play(one, (octets) => [...octets].map((octet) => Uint8Array.of(octet))))
  }

  it('cut once at every place', () => {
    for (const one of cases) {
      if (one.whole === true) continue
      const most = Math.max(...blocks(one.script).map(({ octets }) => octets.length))
      for (let at = 1; at < most; at++) play(one, (octets) => [octets.subarray(0, at), octets.subarray(at)])
    }
  })
})

/** Plays a case; the server's octets are cut by `cut`. */
function play(one: Case, cut: (octets: Uint8Array) => readonly Uint8Array[]): void {
  let now = 0
  const session = new ClientSession({
    hostname: 'client.test',
    extensions: one.extensions ?? (one.chunking === true ? [pipelining, chunking] : [pipelining]),
    protocol: one.protocol ?? 'smtp',
    ...(one.limits !== undefined && { limits: one.limits }),
    now: () => now,
  })
  const events: string[] = []
  const results: string[][] = []
  let output = ''
  let expected = ''
  let left = one.times ?? 1
  let clear = one.tls === true
  const pause = one.script.includes('-- pause')
  const act = (): void => {
    if (!session.idle) return
    if (clear) session.startTls()
    else if (left > 0) session.send({ reversePath: sender, recipients: recipients(one.to) })
    else if (one.quit === true) session.quit()
  }
  const step = (): void => {
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      events.push(show(event))
      if (event.kind === 'content') {
        session.content(Buffer.from(pause ? 'Subject: t\r\n' : (one.content ?? 'Subject: t\r\n\r\ntext\r\n')))
        if (!pause) session.endContent()
      }
      if (event.kind === 'finished') {
        results.push(event.recipients.map(showResult))
        left -= 1
      }
      if (event.kind === 'reply' && event.phase === 'starttls') clear = false
      if (event.kind === 'ready' || event.kind === 'finished' || event.kind === 'reply') act()
    }
    const octets = session.takeOutput()
    if (octets !== undefined) output += Buffer.from(octets).toString('utf8')
  }
  step()
  for (const block of blocks(one.script)) {
    expected += block.before
    expect(output).toBe(expected)
    for (const octets of cut(block.octets)) {
      session.receive(octets)
      step()
    }
    if (block.then === 'closed') session.disconnect()
    else if (block.then === 'tls') session.tlsStarted()
    else if (block.then === 'resume') session.endContent()
    else if (block.then === 'timeout') {
      const deadline = session.deadline()
      if (deadline === undefined) throw new Error('nothing is waited for')
      now = deadline
      session.expire()
    }
    step()
  }
  expect(events).toEqual(one.events)
  expect(results).toEqual(one.results ?? [])
  expect(output).toBe(expected)
}

interface Block {
  /** What the client has to have sent by then. */
  readonly before: string
  readonly octets: Uint8Array
  readonly then: string | undefined
}

/** Runs of lines: of the client, of the server, and what befalls the connection. */
function blocks(script: readonly string[]): readonly Block[] {
  const found: Block[] = []
  let before = ''
  let server = ''
  const end = (then?: string): void => {
    found.push({ before, octets: Buffer.from(server), then })
    before = ''
    server = ''
  }
  for (const line of script) {
    const text = line.slice(3)
    if (line.startsWith('C:')) {
      if (server !== '') end()
      before += `${text}\r\n`
    } else if (line.startsWith('S:')) {
      server += text.endsWith('\\') ? unquoted(text.slice(0, -1)) : `${unquoted(text)}\r\n`
    } else if (text !== 'pause') end(text)
  }
  end()
  return found
}

const unquoted = (text: string): string => text.replaceAll('\\r', '\r').replaceAll('\\n', '\n')

function show(event: ClientEvent): string {
  switch (event.kind) {
    case 'refused':
    case 'reply':
      return `${event.kind} ${event.phase} ${event.reply.code}`
    case 'lost':
      return `lost ${event.loss} ${event.phase}${event.reply === undefined ? '' : ` ${event.reply.code}`}`
    default:
      return event.kind
  }
}

function showResult(result: RecipientResult): string {
  switch (result.kind) {
    case 'accepted':
      return `accepted ${result.reply.code}`
    case 'refused':
      return `refused ${result.reply.code} ${result.phase}`
    case 'vetoed':
      return `vetoed ${result.reply.code} ${result.by}`
    case 'lost':
      return `lost ${result.loss} ${result.phase}${result.reply === undefined ? '' : ` ${result.reply.code}`}`
    case 'unknown':
      return `unknown ${result.loss}`
  }
}
