// What a server session costs: commands, messages and octets of content a second of processor time, without any I/O.
// Run: node --conditions=@angarium/source bench/server.mjs   (or without the condition, on the built package)
import { defineExtension, reply, ServerSession } from '@angarium/smtp-wire'

const pipelining = defineExtension({
  name: 'pipelining',
  rfc: 2920,
  keyword: 'PIPELINING',
  switches: { pipelining: true },
})
const enhanced = defineExtension({
  name: 'enhancedstatuscodes',
  rfc: 2034,
  keyword: 'ENHANCEDSTATUSCODES',
  switches: { enhancedReplies: true },
})
const greeting = reply(220, undefined, 'mx.example ESMTP')
const mailOk = reply(250, '1.0', 'Sender OK')
const rcptOk = reply(250, '1.5', 'Recipient OK')
const encoder = new TextEncoder()

let messages = 0

function answer(session, event) {
  switch (event.kind) {
    case 'greet':
      return session.answer(event, greeting)
    case 'hello':
      return session.answer(event, 'accept')
    case 'mail':
      return session.answer(event, mailOk)
    case 'rcpt':
      return session.answer(event, rcptOk)
    case 'data-start':
      return session.answer(event, 'go')
    case 'data-end':
      messages += 1
      // A text of its own for each message, as a queue id makes it.
      return session.answer(event, reply(250, '0.0', `Queued as ${messages}`))
  }
}

function feed(session, octets) {
  session.receive(octets)
  for (let event = session.poll(); event !== undefined; event = session.poll()) answer(session, event)
  return session.takeOutput()
}

function open() {
  const session = new ServerSession({
    hostname: 'mx.example',
    extensions: [pipelining, enhanced],
    limits: { messageOctets: 1e12, sessionMs: 1e12, idleCommands: 1e12 },
    now: () => performance.now(),
  })
  for (let event = session.poll(); event !== undefined; event = session.poll()) answer(session, event)
  session.takeOutput()
  feed(session, encoder.encode('EHLO client.example\r\n'))
  return session
}

function measure(name, unit, count, run) {
  const rates = []
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(start)
    rates.push((1000 * count) / (user + system))
  }
  rates.sort((a, b) => a - b)
  const spread = Math.round((100 * (rates[4] - rates[0])) / rates[2] / 2)
  console.log(
    `${name.padEnd(46)} ${(rates[2] * unit.factor).toFixed(unit.digits).padStart(9)} ${unit.name} (±${spread} %)`,
  )
}

const perSecond = { name: '/s', factor: 1000, digits: 0 }
const megabytes = { name: 'MB/s', factor: 1 / 1000, digits: 0 }

const line = `${'x'.repeat(76)}\r\n`
const kilobyte = encoder.encode(`${line.repeat(13)}.\r\n`)
const envelope = encoder.encode('MAIL FROM:<sender@client.example>\r\nRCPT TO:<recipient@mx.example>\r\nDATA\r\n')
const single = [
  'MAIL FROM:<sender@client.example>\r\n',
  'RCPT TO:<recipient@mx.example>\r\n',
  'DATA\r\n',
  `${line.repeat(13)}.\r\n`,
].map((text) => encoder.encode(text))
const rsets = encoder.encode('RSET\r\n'.repeat(1000))
const many = encoder.encode('RCPT TO:<recipient@mx.example>\r\n'.repeat(1000))

const session = open()
const mail = encoder.encode('MAIL FROM:<sender@client.example>\r\n')
const rset = encoder.encode('RSET\r\n')
measure('messages of 1 KB, envelope in a group', perSecond, 20_000, () => {
  for (let i = 0; i < 20_000; i++) {
    feed(session, envelope)
    feed(session, kilobyte)
  }
})
measure('messages of 1 KB, one command a read', perSecond, 20_000, () => {
  for (let i = 0; i < 20_000; i++) for (const octets of single) feed(session, octets)
})
measure('RSET in groups of 1000, commands', perSecond, 200_000, () => {
  for (let i = 0; i < 200; i++) feed(session, rsets)
})
measure('RCPT in groups of 1000, commands', perSecond, 100_000, () => {
  for (let i = 0; i < 100; i++) {
    feed(session, mail)
    feed(session, many)
    feed(session, rset)
  }
})

function content(name, chunk) {
  measure(name, megabytes, chunk.length * 4000, () => {
    feed(session, envelope)
    for (let i = 0; i < 4000; i++) feed(session, chunk)
    feed(session, encoder.encode('\r\n.\r\n'))
  })
}
content('content in reads of 64 KB, lines of 76', encoder.encode(line.repeat(840)))
content('the same as a Buffer', Buffer.from(line.repeat(840)))
content('every line begins with a dot', encoder.encode(`..${line}`.repeat(800)))
content('lines of 8 octets', encoder.encode('xxxxxx\r\n'.repeat(8000)))

measure('sessions: greeting, EHLO, QUIT', perSecond, 20_000, () => {
  const quit = encoder.encode('QUIT\r\n')
  for (let i = 0; i < 20_000; i++) feed(open(), quit)
})
