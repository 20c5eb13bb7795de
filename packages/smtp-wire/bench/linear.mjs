// Whether decoders take twice the time for twice the input, for the shapes that make careless ones take four times.
// Prints milliseconds for each size and the worst ratio of two neighbours; 2.0 is linear. No test: time is not to be trusted.
// Run: node --conditions=@angarium/source bench/linear.mjs   (or without the condition, on the built package)
import * as wire from '@angarium/smtp-wire'

const encode = (text) => new TextEncoder().encode(text)
const wide = { localPartOctets: Infinity, pathOctets: Infinity, utf8: true }
const lines = (unit) => (n) => unit.repeat(Math.ceil(n / unit.length))

function session(octets, piece) {
  const session = new wire.ServerSession({
    hostname: 'mx.example',
    extensions: [],
    limits: { errors: Infinity, idleCommands: Infinity, messageOctets: Infinity },
    now: () => 0,
  })
  const run = () => {
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      if (event.kind === 'greet') session.answer(event, wire.reply(220, undefined, 'mx.example'))
      else if (event.kind === 'hello') session.answer(event, 'accept')
      else if (event.kind === 'data-start') session.answer(event, 'go')
      else if (event.kind === 'lookup') session.answer(event, wire.reply(252, '5.0', 'No'))
      else if ('transaction' in event || event.kind === 'mail' || event.kind === 'rcpt')
        session.answer(event, wire.reply(250, '0.0', 'OK'))
    }
    session.takeOutput()
  }
  const say = (some) => {
    if (session.mode !== 'open') return
    session.receive(some)
    run()
  }
  run()
  for (const line of ['EHLO a', 'MAIL FROM:<>', 'RCPT TO:<b@mx.example>', 'DATA']) say(encode(`${line}\r\n`))
  for (let at = 0; at < octets.length; at += piece) say(octets.subarray(at, at + piece))
}

function data(octets, piece) {
  const decoder = new wire.DataDecoder('repair')
  for (let from = 0; from < octets.length; from += piece) {
    const part = octets.subarray(from, from + piece)
    for (let at = 0; at < part.length; ) at += decoder.next(part, at).consumed
  }
}

/** Octets as they come, each time all that has come so far, as drivers of such decoders do. */
function growing(read, step) {
  return (octets) => {
    for (let end = 0; end <= octets.length; end += step) if (read(octets.subarray(0, end)).kind !== 'need-more') return
  }
}

/** Name, input of n octets, what is done to it, and how large n gets: what has a bound by itself is tried far beyond it. */
const shapes = [
  ['readCommandLine: no end', lines('x'), (octets) => wire.readCommandLine(octets, Infinity)],
  ['readCommandLine: CR at its end', (n) => `${'x'.repeat(n)}\r`, (octets) => wire.readCommandLine(octets, Infinity)],
  ['parseCommand: blanks', (n) => `NOOP${' '.repeat(n)}x`, (_, text) => wire.parseCommand(text)],
  ['parseCommand: blanks behind it', (n) => `NOOP x${' '.repeat(n)}`, (_, text) => wire.parseCommand(text)],
  ['parseCommand: VRFY of quotes', (n) => `VRFY "${'\\"'.repeat(n / 2)}"`, (_, text) => wire.parseCommand(text, wide)],
  ['parseParameters: one long', (n) => `X=${'y'.repeat(n)}`, (_, text) => wire.parseParameters(text)],
  ['parseParameters: many blanks', (n) => `X${' '.repeat(n)}Y`, (_, text) => wire.parseParameters(text)],
  ['parseParameters: many words', lines('A '), (_, text) => wire.parseParameters(text)],
  ['readForwardPath: open quotes', (n) => `<${'"'.repeat(n)}`, (_, text) => wire.readForwardPath(text, wide)],
  ['readForwardPath: backslashes', (n) => `<"${'\\'.repeat(n)}"@b>`, (_, text) => wire.readForwardPath(text, wide)],
  [
    'readForwardPath: source route',
    (n) => `<@a${',@a'.repeat(n / 3)}:b@c>`,
    (_, text) => wire.readForwardPath(text, wide),
  ],
  ['readForwardPath: brackets', (n) => `<@${'['.repeat(n)}:b@c>`, (_, text) => wire.readForwardPath(text, wide)],
  ['parseMailbox: dots', (n) => `${'a.'.repeat(n / 2)}a@b`, (_, text) => wire.parseMailbox(text, wide)],
  ['parseMailbox: "@"', (n) => '@'.repeat(n), (_, text) => wire.parseMailbox(text, wide)],
  ['parseLocalPart: quoted', (n) => `"${' '.repeat(n)}"`, (_, text) => wire.parseLocalPart(text, wide)],
  ['parseAddressLiteral: colons', (n) => `[IPv6:${':'.repeat(n)}]`, (_, text) => wire.parseAddressLiteral(text)],
  ['parseAddressLiteral: tag', (n) => `[${'a-'.repeat(n / 2)}b:c]`, (_, text) => wire.parseAddressLiteral(text)],
  ['parseDomain: dots', (n) => 'a.'.repeat(n / 2), (_, text) => wire.parseDomain(text)],
  ['parseStatus: digits', (n) => `5.${'1'.repeat(n)}`, (_, text) => wire.parseStatus(text)],
  [
    'readReply: many lines',
    lines('250-x\r\n'),
    (octets) => wire.readReply(octets, { lineOctets: 512, lines: Infinity }),
  ],
  [
    'readReply: one line of UTF-8',
    (n) => `250 ${'é'.repeat(n / 2)}\r\n`,
    (octets) => wire.readReply(octets, { lineOctets: Infinity, lines: 1 }),
  ],
  [
    'readReply: one line of none',
    (n) => `250 ${'\0'.repeat(n)}\r\n`,
    (octets) => wire.readReply(octets, { lineOctets: Infinity, lines: 1 }),
  ],
  ['readOffers: many', lines('X-KEY a b c\n'), (_, text) => wire.readOffers({ code: 250, text: text.split('\n') })],
  ['explainReply: text', lines('550 user <spam@spam <spf '), (_, text) => wire.explainReply(text)],
  ['explainReply: many lines', lines('550-greylist 550-\n'), (_, text) => wire.explainReply(text)],
  ['readProxyHeader: whole', (n) => `PROXY UNKNOWN ${'x'.repeat(n)}`, (octets) => wire.readProxyHeader(octets)],
  ['readProxyHeader: octet by octet', (n) => `PROXY UNKNOWN ${'x'.repeat(n)}`, growing(wire.readProxyHeader, 1)],
  ['decodeUtf8: four octets each', (n) => '\u{1f600}'.repeat(n / 4), (octets) => wire.decodeUtf8(octets)],
  ['DataDecoder: dots', lines('.\r\n..'), (octets) => data(octets, 65_536)],
  ['DataDecoder: CR and LF alone, repaired', lines('\r\r\n\n'), (octets) => data(octets, 65_536)],
  ['DataDecoder: octet by octet', lines('text\r\n.'), (octets) => data(octets, 1)],
  ['ServerSession: content', lines('text\r\n.\r\r\n'), (octets) => session(octets, 65_536)],
  ['ServerSession: commands one by one', lines('.\r\n'), (octets) => session(octets, 3)],
  [
    'ServerSession: a line drop by drop',
    (n) => `.\r\n${'NOOP xxxxxxxxxxxxxxxxxxxxxxx\r\n'.repeat(n / 30)}`,
    (octets) => session(octets, 1),
  ],
  ['ServerSession: lines at fault', (n) => `.\r\n${'\n'.repeat(n)}`, (octets) => session(octets, 1)],
]

/** The best of many short runs: what a busy machine adds is in the others. */
const best = (run) => {
  let least = Infinity
  for (let turn = 0; turn < 60; turn++) {
    const began = process.hrtime.bigint()
    run()
    least = Math.min(least, Number(process.hrtime.bigint() - began) / 1e6)
  }
  return least
}

let worst = 0
for (const [name, make, run] of shapes) {
  // Large enough to be measured, and four doublings from there.
  let size = 4_096
  const cost = (n) => {
    const text = make(n)
    const octets = encode(text)
    return best(() => run(octets, text))
  }
  while (size < 1_048_576 && cost(size) < 0.25) size *= 2
  const times = [size, 2 * size, 4 * size].map(cost)
  // Below a twentieth of a millisecond there is nothing to compare: the decoder has stopped long before the end.
  const ratio = times[0] < 0.05 ? undefined : Math.max(times[1] / times[0], times[2] / times[1])
  if (ratio !== undefined) worst = Math.max(worst, ratio)
  const shown = times.map((time) => time.toFixed(3).padStart(8)).join('')
  console.log(`${name.padEnd(42)} ${String(size).padStart(8)} ${shown}  ${ratio?.toFixed(2) ?? 'bounded'}`)
}
console.log(`worst ratio ${worst.toFixed(2)}`)
