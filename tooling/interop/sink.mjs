// A next hop that keeps what it gets and says what it is told to. Shares no code with what it tests.
import { createServer } from 'node:net'
import { TLSSocket } from 'node:tls'

/**
 * @param options.offer further lines of the reply to EHLO; BDAT is taken, whether or not CHUNKING is among them
 * @param options.answer (verb, argument, connection) => a reply line, or undefined for the usual one. For the end of
 *   content the verb is `.` and the argument the message.
 * @param options.secureContext offers STARTTLS with it
 */
export async function startSink(
  stage,
  { address = '127.0.0.1', port = 0, offer = [], answer = () => undefined, secureContext } = {},
) {
  const sink = { offer, address, port, messages: [], connections: 0, open: 0, inFlight: 0, answer }
  const sockets = new Set()
  const server = createServer((socket) => {
    sink.connections++
    sink.open++
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      sink.open--
    })
    converse(sink, socket, secureContext)
  })
  await new Promise((listening, failed) => {
    server.on('error', failed)
    server.listen(port, address, listening)
  })
  sink.port = server.address().port
  sink.close = () => {
    for (const socket of sockets) socket.destroy()
    return new Promise((closed) => server.close(closed))
  }
  stage.atEnd(sink.close)
  return sink
}

function converse(sink, plain, secureContext) {
  let socket = plain
  let input = Buffer.alloc(0)
  let envelope
  let content
  // What is missing of a chunk, and whether it is the last.
  let chunk
  const connection = { tls: false, commands: [] }
  const say = (line) => socket.write(`${line}\r\n`)
  const reset = () => {
    if (envelope !== undefined) sink.inFlight--
    envelope = undefined
  }
  const verbs = {
    EHLO: () =>
      ['sink.test', 'PIPELINING', '8BITMIME', 'SIZE 100000000', ...sink.offer]
        .concat(secureContext && !connection.tls ? 'STARTTLS' : [])
        .map((line) => `250-${line}\r\n`)
        .concat('250 ENHANCEDSTATUSCODES')
        .join(''),
    HELO: () => '250 sink.test',
    MAIL: (argument) => {
      envelope = { from: pathOf(argument), to: [], parameters: argument, tls: connection.tls }
      sink.inFlight++
      return '250 2.1.0 sender taken'
    },
    RCPT: (argument) => {
      if (envelope === undefined) return '503 5.5.1 MAIL first'
      envelope.to.push(pathOf(argument))
      return '250 2.1.5 recipient taken'
    },
    DATA: () => {
      if (envelope === undefined || envelope.to.length === 0) return '503 5.5.1 no recipients'
      content = []
      return '354 go on'
    },
    RSET: () => {
      reset()
      return '250 2.0.0 reset'
    },
    NOOP: () => '250 2.0.0 fine',
    QUIT: () => '221 2.0.0 bye',
  }
  const command = (line) => {
    const [, verb = '', argument = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
    const name = verb.toUpperCase()
    connection.commands.push(line)
    if (name === 'BDAT' && envelope?.to.length > 0) {
      const [octets, last] = argument.split(' ')
      envelope.chunks ??= []
      chunk = { missing: Number(octets), last: last !== undefined }
      return
    }
    if (name === 'STARTTLS' && secureContext !== undefined) return secure()
    const told = sink.answer(name, argument, connection)
    const reply = told ?? (Object.hasOwn(verbs, name) ? verbs[name](argument) : '500 5.5.2 no such command')
    if (reply === 'cut') return socket.destroy()
    if (reply === 'silence') return
    say(reply)
    if (name === 'QUIT' || reply.startsWith('421')) socket.end()
  }
  const secure = () => {
    say('220 2.0.0 go on')
    plain.removeAllListeners('data')
    input = Buffer.alloc(0)
    socket = new TLSSocket(plain, { isServer: true, secureContext })
    socket.on('error', () => undefined)
    socket.on('secure', () => {
      connection.tls = true
      reset()
    })
    socket.on('data', take)
  }
  const take = (octets) => {
    input = input.length === 0 ? octets : Buffer.concat([input, octets])
    for (;;) {
      if (chunk !== undefined) {
        const piece = input.subarray(0, chunk.missing)
        envelope.chunks.push(piece)
        chunk.missing -= piece.length
        input = input.subarray(piece.length)
        if (chunk.missing > 0) return
        const { last } = chunk
        chunk = undefined
        if (last) finish(Buffer.concat(envelope.chunks))
        else say('250 2.0.0 chunk kept')
        continue
      }
      const end = input.indexOf('\r\n')
      if (end === -1) return
      const line = input.subarray(0, end)
      input = input.subarray(end + 2)
      if (content === undefined) command(line.toString('latin1'))
      else if (line.length === 1 && line[0] === 0x2e) finish(Buffer.concat(content))
      else content.push(line[0] === 0x2e ? line.subarray(1) : line, CRLF)
    }
  }
  const finish = (octets) => {
    const message = { ...envelope, octets, at: Date.now() }
    content = undefined
    const told = sink.answer('.', message, connection)
    if (told === undefined || told.startsWith('2') || told === 'cut-after-keeping') sink.messages.push(message)
    reset()
    if (told?.startsWith('cut')) return socket.destroy()
    if (told !== 'silence') say(told ?? '250 2.0.0 kept')
  }
  socket.on('error', () => undefined)
  socket.on('close', reset)
  socket.on('data', take)
  const greeting = sink.answer('greeting', '', connection)
  if (greeting === 'cut') socket.destroy()
  else say(greeting ?? '220 sink.test ESMTP')
}

const pathOf = (argument) => /<([^>]*)>/.exec(argument)?.[1] ?? ''
const CRLF = Buffer.from('\r\n')
