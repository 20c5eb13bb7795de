// Ways to pull octets from a Node socket, in CPU of the receiving process: milliseconds for each MiB of a stream, and
// microseconds for each command of 32 octets with its reply. `transport` is the package itself; the sender is another
// process. Usage: node bench/read.mjs [MiB] [commands]. Build first.
import { fork } from 'node:child_process'
import { connect, createServer, Socket } from 'node:net'
import { listen } from '@angarium/smtp-node'

/** Each gives `read()`, a promise of octets or of `undefined` at the end, and `write()`. */
const strategies = { transport: undefined, readable, data, iterator, onread }

/** Paused mode: take what is there, wait for 'readable' where there is nothing. */
function readable(socket) {
  let wake
  for (const event of ['readable', 'end']) socket.on(event, () => wake?.())
  const read = async () => {
    for (;;) {
      const octets = socket.read()
      if (octets !== null) return octets
      if (socket.readableEnded) return undefined
      await new Promise((resolve) => {
        wake = resolve
      })
    }
  }
  return { read, write: (octets) => socket.write(octets) }
}

/** Flowing mode, paused while a chunk waits. */
function data(socket) {
  const queue = new Queue(() => socket.isPaused() && socket.resume())
  socket.on('data', (octets) => queue.push(octets) && socket.pause())
  socket.on('end', () => queue.end())
  return { read: () => queue.read(), write: (octets) => socket.write(octets) }
}

function iterator(socket) {
  const chunks = socket[Symbol.asyncIterator]()
  return { read: async () => (await chunks.next()).value, write: (octets) => socket.write(octets) }
}

/**
 * One buffer for a connection, nothing allocated, reading stopped while a chunk is in use. An accepted socket has no
 * public way to it, so its handle moves to a new one.
 */
function onread(accepted) {
  const { _handle: handle } = accepted
  accepted._handle = null
  let stopped = false
  const queue = new Queue(() => {
    if (stopped) socket.resume()
    stopped = false
  })
  const callback = (count, buffer) => {
    queue.push(buffer.subarray(0, count))
    stopped = true
    return false
  }
  const socket = new Socket({
    handle,
    allowHalfOpen: true,
    onread: { buffer: Buffer.allocUnsafeSlow(65_536), callback },
  })
  socket.on('end', () => queue.end())
  return { read: () => queue.read(), write: (octets) => socket.write(octets) }
}

class Queue {
  #waiting = []
  #ended = false
  #wake
  #more
  constructor(more) {
    this.#more = more
  }
  /** True when nobody took it at once. */
  push(octets) {
    const wake = this.#wake
    this.#wake = undefined
    if (wake === undefined) this.#waiting.push(octets)
    else wake(octets)
    return wake === undefined
  }
  end() {
    this.#ended = true
    this.#wake?.(undefined)
  }
  read() {
    const octets = this.#waiting.shift()
    if (octets !== undefined || this.#ended) return Promise.resolve(octets)
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#more()
    })
  }
}

const command = Buffer.from('RCPT TO:<somebody@example.org>\r\n')
const reply = Buffer.from('250 2.1.5 OK\r\n')

const [, self, ...words] = process.argv
if (words[0] === 'send') send(Number(words[1]), words[2], Number(words[3]))
else if (words[0] === 'receive') await receive(words[1], words[2], Number(words[3]))
else await main(Number(words[0] ?? 1024), Number(words[1] ?? 50_000))

async function main(mebibytes, commands) {
  for (const [scenario, count, unit] of [
    ['stream', mebibytes, 'ms/MiB'],
    ['commands', commands, 'us/command'],
  ])
    for (const name of Object.keys(strategies)) {
      const figures = []
      for (let run = 0; run < 5; run++) figures.push(await once(name, scenario, count))
      figures.sort((a, b) => a - b)
      console.log(`${scenario} ${name}: ${figures.map((figure) => figure.toFixed(2)).join(' ')} ${unit}`)
    }
}

function once(name, scenario, count) {
  return new Promise((resolve, reject) => {
    const receiver = fork(self, ['receive', name, scenario, String(count)])
    receiver.on('exit', (code) => code === 0 || reject(new Error(`${name} ${scenario} ended with ${code}`)))
    receiver.on('message', ({ port, figure }) => {
      if (port !== undefined) fork(self, ['send', String(port), scenario, String(count)])
      else resolve(figure)
    })
  })
}

async function receive(name, scenario, count) {
  const run = async ({ read, write }) => {
    const from = process.cpuUsage()
    let octets = 0
    for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
      octets += chunk.length
      if (scenario === 'commands') await write(reply)
    }
    const { user, system } = process.cpuUsage(from)
    const micros = user + system
    const figure = scenario === 'stream' ? micros / 1000 / (octets / 1_048_576) : micros / count
    process.send({ figure }, () => process.exit(0))
  }
  if (name === 'transport') {
    const onConnection = (transport) =>
      run({ read: () => transport.read(), write: (octets) => transport.write(octets) })
    const { port } = await listen({
      address: '127.0.0.1',
      port: 0,
      maxConnections: 1,
      maxConnectionsPerAddress: 1,
      onConnection,
    })
    process.send({ port })
    return
  }
  const options = { noDelay: true, allowHalfOpen: true, pauseOnConnect: name === 'onread' }
  const server = createServer(options, (socket) => run(strategies[name](socket)))
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

function send(port, scenario, count) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  if (scenario === 'commands') {
    let left = count
    socket.on('connect', () => socket.write(command))
    socket.on('data', () => (--left > 0 ? socket.write(command) : socket.end()))
    return
  }
  const block = Buffer.alloc(65_536, 65)
  let left = count * 16
  const more = () => {
    while (left > 0) {
      left--
      if (!socket.write(block)) return
    }
    socket.end()
  }
  socket.on('connect', more)
  socket.on('drain', more)
  socket.resume()
}
