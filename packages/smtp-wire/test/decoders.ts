import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import * as wire from '../src/index.ts'
import { formatCommand, formatMailbox, formatPath, type Step } from '../src/index.ts'
import { toOctets, toText, vectors } from './codec-shared.ts'
import { assume, auth, chunking, enhanced, pipelining, size, smtputf8, starttls } from './server-extensions.ts'
import { type AnyAnswerable, Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

/** A decoder, input that it takes, and what has to hold for any other. */
export interface Decoder {
  readonly seeds: readonly string[]
  /** Throws where something does not hold. */
  readonly run: (octets: Uint8Array) => void
}

const utf8 = { ...wire.addressLimits, utf8: true }
const both = [wire.addressLimits, utf8]
const texts = (name: string, field: string): string[] =>
  vectors<Record<string, unknown>>(name).flatMap((one) => (typeof one[field] === 'string' ? [one[field]] : []))

/** One of text: whatever it makes of it, it makes the same of what it writes. */
const ofText = (seeds: readonly string[], run: (text: string) => void): Decoder => ({
  seeds,
  run: (octets) => run(toText(octets)),
})

/** One of octets: it takes none it does not say, and once it has seen `enough` it has made up its mind. */
function ofOctets(seeds: readonly string[], enough: number, read: (octets: Uint8Array) => Step<unknown>): Decoder {
  return {
    seeds,
    run(octets) {
      const step = read(octets)
      if (step.kind === 'item') {
        expect(step.consumed).toBeGreaterThan(0)
        expect(step.consumed).toBeLessThanOrEqual(octets.length)
        expect(read(octets.subarray(0, step.consumed))).toEqual(step)
      } else if (step.kind === 'need-more') expect(octets.length).toBeLessThan(enough)
      else expect(step.at).toBeLessThanOrEqual(octets.length)
    },
  }
}

const mailboxes = texts('mailboxes.json', 'text')
const paths = texts('paths.json', 'text')
const replies = texts('replies.json', 'wire')
const serverTalk = readdirSync(new URL('../vectors/server/', import.meta.url)).map((name) => {
  const text = readFileSync(new URL(`../vectors/server/${name}`, import.meta.url), 'utf8')
  const said = [...text.matchAll(/^C: (.*)$/gm)].map(([, line]) => `${line}\r\n`)
  return said.join('').slice(0, 4_000)
})
const clientTalk = vectors<{ script: string[] }>('client-session.json').map(({ script }) =>
  script.flatMap((line) => (line.startsWith('S: ') ? [`${line.slice(3)}\r\n`] : [])).join(''),
)

function writtenBack(
  step: wire.Item<wire.ForwardPath | wire.ReversePath> | wire.Fault,
  read: (text: string) => unknown,
): void {
  if (step.kind !== 'item') return
  const text = formatPath(step.value)
  expect(read(text)).toEqual({ ...step, consumed: text.length })
}

/** Every decoder the package exports, by its name there. */
export const decoders: Readonly<Record<string, Decoder>> = {
  readCommandLine: ofOctets(['NOOP\r\n', 'MAIL FROM:<a@b>\r\nRCPT'], 512, (octets) =>
    wire.readCommandLine(octets, 512),
  ),
  skipLine: {
    seeds: ['a\r\nb\r\n'],
    run(octets) {
      const length = wire.skipLine(octets)
      expect(length ?? -1).toBe(octets.includes(10) ? octets.indexOf(10) + 1 : -1)
    },
  },
  parseCommand: ofText(texts('commands.json', 'line'), (text) => {
    for (const limits of both) {
      const parsed = wire.parseCommand(text, limits)
      if (parsed.kind === 'fault') continue
      const [line] = rewritten(parsed)
      if (line !== undefined) expect(wire.parseCommand(line, limits)).toEqual(parsed)
    }
  }),
  parseParameters: ofText([' SIZE=1 BODY=8BITMIME', 'X', 'A-B=c D'], (text) => {
    const parameters = wire.parseParameters(text)
    if (parameters !== undefined) expect(wire.parseParameters(wire.formatParameters(parameters))).toEqual(parameters)
  }),
  readForwardPath: ofText(paths, (text) => {
    for (const limits of both)
      writtenBack(wire.readForwardPath(text, limits), (again) => wire.readForwardPath(again, limits))
  }),
  readReversePath: ofText(paths, (text) => {
    for (const limits of both)
      writtenBack(wire.readReversePath(text, limits), (again) => wire.readReversePath(again, limits))
  }),
  parseMailbox: ofText(mailboxes, (text) => {
    for (const limits of both) {
      const mailbox = wire.parseMailbox(text, limits)
      if (mailbox !== undefined) expect(wire.parseMailbox(formatMailbox(mailbox), limits)).toEqual(mailbox)
    }
  }),
  parseLocalPart: ofText([...mailboxes.map((text) => text.slice(0, text.lastIndexOf('@'))), '"a\\"b"'], (text) => {
    const localPart = wire.parseLocalPart(text)
    if (localPart !== undefined) expect(wire.parseLocalPart(wire.formatLocalPart(localPart))).toBe(localPart)
  }),
  parseDomain: ofText(texts('domains.json', 'text'), (text) => {
    for (const wide of [false, true]) expect([undefined, text]).toContain(wire.parseDomain(text, wide))
  }),
  parseAddressLiteral: ofText(['[192.0.2.1]', '[IPv6:2001:db8::1]', '[IPv6:::ffff:192.0.2.1]', '[tag:x]'], (text) => {
    const literal = wire.parseAddressLiteral(text)
    if (literal !== undefined) expect(wire.parseDomain(text)).toBe(text.length > 255 ? undefined : text)
  }),
  parseStatus: ofText(
    ['5.1.1', '4.7.28', '2.0.0'],
    (text) => void expect([undefined, text]).toContain(wire.parseStatus(text)),
  ),
  explainStatus: ofText(['5.1.1', '4.7.28', '2.0.0'], (text) => {
    expect(wire.explainStatus(text)?.status).toBe(wire.parseStatus(text))
  }),
  readReply: ofOctets(replies, 8 * 64, (octets) => wire.readReply(octets, { lineOctets: 64, lines: 8 })),
  explainReply: ofText(texts('explanations.json', 'text'), (text) => {
    const told = wire.explainReply(text)
    if (told !== undefined) expect([told.meaning === '', told.advice === '']).toEqual([false, false])
  }),
  readOffers: ofText(replies, (text) => {
    const offers = wire.readOffers({ code: 250, text: text.split('\r\n') })
    expect(offers.size).toBeLessThanOrEqual(text.split('\r\n').length)
  }),
  readProxyHeader: ofOctets(texts('proxy-headers.json', 'wire'), wire.proxyHeaderOctets.version2, wire.readProxyHeader),
  decodeUtf8: {
    seeds: ['abc', '\xc3\xa9', '\xe2\x82\xac', '\xf0\x9f\x98\x80'],
    run(octets) {
      const text = wire.decodeUtf8(octets)
      if (text === undefined) expect(() => new TextDecoder('utf-8', { fatal: true }).decode(octets)).toThrow()
      else expect([...wire.encodeUtf8(text)]).toEqual([...octets])
    },
  },
  readDigits: ofText(['0', '12345', '999999999999999'], (text) => {
    expect(wire.readDigits(text)).toBe(/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined)
  }),
  decodeXtext: ofText(['a+2Bb', 'gr+C3+BCn', 'QQ314159', '+3D'], (text) => {
    const decoded = wire.decodeXtext(text)
    if (decoded !== undefined) expect(wire.decodeXtext(wire.encodeXtext(decoded))).toBe(decoded)
  }),
  DataDecoder: {
    seeds: [...texts('content.json', 'wire'), ...serverTalk],
    run(octets) {
      const decoder = new wire.DataDecoder()
      let told = 0
      for (let at = 0; at < octets.length; ) {
        const step = decoder.next(octets, at)
        expect(step.consumed).toBeGreaterThan(0)
        if (step.kind === 'body') told += step.octets.length
        at += step.consumed
        if (step.kind === 'end') break
      }
      // A CR or dot may be held that was content: never more than the end is long.
      expect(told).toBeLessThanOrEqual(octets.length)
      expect(decoder.octets).toBeLessThanOrEqual(octets.length)
    },
  },
  ServerSession: {
    seeds: serverTalk,
    run(octets) {
      for (const protocol of ['smtp', 'lmtp'] as const) {
        const rig = new Rig({
          protocol,
          decide: (event: AnyAnswerable) => usual(event),
          extensions: [pipelining, enhanced, size, chunking, starttls, auth, smtputf8, assume],
          tls: 'available',
          limits: { errors: 1_000, idleCommands: 1_000, messageOctets: 1_000 },
        })
        rig.run()
        let said = ''
        // One line a write, so that little of it came too early.
        for (let at = 0; at < octets.length; ) {
          const lf = octets.indexOf(10, at)
          const end = lf === -1 ? octets.length : lf + 1
          if (rig.session.mode === 'want-tls') rig.session.tlsStarted()
          said += rig.feed([octets.subarray(at, end)])
          at = end
        }
        // A line has one reply, which HELP and EHLO make the longest; the end of content under LMTP one for each RCPT.
        const lines = octets.reduce((sum, octet) => sum + (octet === 10 ? 1 : 0), 2)
        expect(said.length).toBeLessThanOrEqual(2 * lines * 300)
        if (rig.session.mode !== 'closing') expect(said.endsWith('\r\n') || said === '').toBe(true)
      }
    },
  },
  ClientSession: {
    seeds: clientTalk,
    run(octets) {
      const session = new wire.ClientSession({ hostname: 'client.example', extensions: [pipelining], now: () => 0 })
      const sender = wire.parseMailbox('a@client.example')
      const recipient = wire.parseMailbox('b@mx.example')
      if (sender === undefined || recipient === undefined) throw new Error('no mailboxes')
      let finished = 0
      let sent = false
      for (let at = 0; at < octets.length && session.mode === 'open'; at += 50) {
        session.receive(octets.subarray(at, at + 50))
        for (let event = session.poll(); event !== undefined; event = session.poll())
          if (event.kind === 'finished') finished += 1
        if (session.mode === 'open' && session.idle && !sent) {
          sent = true
          session.send({ reversePath: sender, recipients: [{ forwardPath: recipient }] })
        }
        session.takeOutput()
        if (session.wantsContent) session.endContent()
      }
      session.disconnect()
      for (let event = session.poll(); event !== undefined; event = session.poll())
        if (event.kind === 'finished') finished += 1
      expect(finished).toBe(sent ? 1 : 0)
    },
  },
}

/** A command's line, where it can be written. */
function rewritten(command: wire.Command): readonly [string?] {
  try {
    return [new TextDecoder().decode(formatCommand(command)).slice(0, -2)]
  } catch (error) {
    expect(wire.WireError.is(error, 'UNSAFE_TEXT')).toBe(true)
    return []
  }
}

/** What input is fuzzed with: single octets that mean something, and what is longer than any limit. */
export const odd: readonly Uint8Array[] = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '.',
    '\r\n.\r\n',
    '\0',
    ' ',
    '\t',
    '<',
    '>',
    '"',
    '\\',
    '@',
    ':',
    '-',
    '250 ',
    '\xff',
    '\xe2\x80\xa8',
    '\xf0',
  ],
  'x'.repeat(5_000),
  ' '.repeat(3_000),
  '"\\'.repeat(1_500),
].map(toOctets)
