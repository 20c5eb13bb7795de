// Ways to pull octets from a Node socket, in CPU of the receiving process: milliseconds for a MiB in a stream of 64 KiB
// writes, microseconds for a command of 32 octets and its reply. The sender is another process. Needs no build.
// Usage: node bench/read.mjs [MiB] [commands]
import { fork } from 'node:child_process'
import { connect, createServer, Socket } from 'node:net'

const [, self, role = 'main', ...rest] = process.argv

/** Each makes `read()` of a socket: a promise of octets, `undefined` at the end. */
const strategies = {
  readable(socket) {
    let wake
    socket.on('readable', () => wake?.())
    socket.on('end', () => wake?.())
    return async () => {
      for (;;) {
        const octets = socket.read()
        if (octets !== null) return octets
        if (socket.readableEnded) return undefined
        await new Promise((resolve) => {
          wake = resolve
        })
      }
    }
  },
  data(socket) {
    const waiting = []
    let wake
    let ended = false
    socket.on('data', (octets) => {
      if (wake !== undefined) {
        const resolve = wake
        wake = undefined
        resolve(octets)
        return
      }
      waiting.push(octets)
      socket.pause()
    })
    socket.on('end', () => {
      ended = true
      wake?.(undefined)
    })
    return () => {
      const octets = waiting.shift()
      if (octets !== undefined || ended) return Promise.resolve(octets)
      return new Promise((resolve) => {
        wake = resolve
        if (socket.isPaused()) socket.resume()
      })
    }
  },
  iterator(socket) {
    const iterator = socket[Symbol.asyncIterator]()
    return async () => (await iterator.next()).value
  },
  // One buffer for each connection: nothing is allocated, and an idle connection holds it.
  'onread-own': (socket) => onread(socket, Buffer.allocUnsafeSlow(65_536), (octets) => octets),
  // One buffer for all connections: what came is copied out of it.
  'onread-shared': (socket) => onread(socket, sharedBuffer, (octets) => Buffer.from(octets)),
}

const sharedBuffer = Buffer.allocUnsafeSlow(65_536)

/** There is no public way to `onread` for an accepted socket, so its handle goes into a new one. */
function onread(accepted, buffer, keep) {
  const waiting = []
  let wake
  let ended = false
  let stopped = false
  const { _handle: handle } = accepted
  accepted._handle = null
  const socket = new Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      buffer,
      callback(count, from) {
        const octets = keep(from.subarray(0, count))
        if (wake !== undefined) {
          const resolve = wake
          wake = undefined
          resolve(octets)
        } else waiting.push(octets)
        stopped = true
        return false
      },
    },
  })
  socket.on('end', () => {
    ended = true
    wake?.(undefined)
  })
  const read = () => {
    const octets = waiting.shift()
    if (octets !== undefined || ended) return Promise.resolve(octets)
    return new Promise((resolve) => {
      wake = resolve
      if (stopped) socket.resume()
      stopped = false
    })
  }
  read.socket = socket
  return read
}

if (role === 'sender') send(...rest)
else if (role === 'receiver') receive(...rest)
else await main(Number(role === 'main' ? 1024 : role), Number(rest[0] ?? 50_000))

async function main(mebibytes, commands) {
  for (const scenario of ['stream', 'commands'])
    for (const name of Object.keys(strategies)) {
      const figures = []
      for (let run = 0; run < 3; run++)
        figures.push(await one(name, scenario, scenario === 'stream' ? mebibytes : commands))
      figures.sort((a, b) => a - b)
      const unit = scenario === 'stream' ? 'ms/MiB' : 'us/command'
      console.log(`${scenario} ${name}: ${figures.map((figure) => figure.toFixed(2)).join(' / ')} ${unit}`)
    }
}

function one(name, scenario, count) {
  return new Promise((resolve, reject) => {
    const receiver = fork(self, ['receiver', name, scenario, String(count)])
    receiver.on('exit', (code) => code === 0 || reject(new Error(`${name} ${scenario} ended with ${code}`)))
    receiver.on('message', ({ port, figure }) => {
      if (port !== undefined) fork(self, ['sender', String(port), scenario, String(count)])
      else resolve(figure)
    })
  })
}

function receive(name, scenario, count) {
  const server = createServer(
    { noDelay: true, allowHalfOpen: true, pauseOnConnect: name.startsWith('onread') },
    async (accepted) => {
      server.close()
      const read = strategies[name](accepted)
      const socket = read.socket ?? accepted
      const from = process.cpuUsage()
      let octets = 0
      for (;;) {
        const chunk = await read()
        if (chunk === undefined) break
        octets += chunk.length
        if (scenario === 'commands') socket.write('250 2.1.5 OK\r\n')
      }
      const { user, system } = process.cpuUsage(from)
      const micros = user + system
      process.send(
        { figure: scenario === 'stream' ? micros / 1000 / (octets / 1048576) : micros / Number(count) },
        () => process.exit(0),
      )
    },
  )
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

function send(port, scenario, count) {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
  if (scenario === 'commands') {
    const command = Buffer.from('RCPT TO:<somebody@example.org>\r\n')
    let left = Number(count)
    socket.on('connect', () => socket.write(command))
    socket.on('data', () => (--left > 0 ? socket.write(command) : socket.end()))
    return
  }
  const block = Buffer.alloc(65_536, 65)
  let left = Number(count) * 16
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
