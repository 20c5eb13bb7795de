// Memory of idle connections: resident octets of the listening process for each of many, in clear and under TLS.
// Usage: node bench/idle.mjs [connections]. Build first.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDialer, createTlsContext, listen } from '@angarium/smtp-node'

const [, self, first, second] = process.argv
const count = Number(second ?? first ?? 1000)

if (first === 'listen') await serveIdle()
else for (const kind of ['plain', 'tls']) console.log(`${kind}: ${await measure(kind)} KiB a connection`)

async function serveIdle() {
  const pem = (name) => readFileSync(join(import.meta.dirname, `../vectors/certificates/${name}.pem`))
  const open = []
  const { port } = await listen({
    address: '127.0.0.1',
    port: 0,
    maxConnections: count + 1,
    maxConnectionsPerAddress: count + 1,
    tls: createTlsContext({ certificate: pem('valid'), key: pem('key') }),
    async onConnection(transport) {
      open.push(transport)
      const command = await transport.read()
      await transport.write(Buffer.from('220 OK\r\n'))
      if (command?.[0] === 0x53) await transport.startTls({ role: 'server' })
      await transport.read()
    },
  })
  process.on('message', () => {
    globalThis.gc()
    process.send({ rss: process.memoryUsage().rss })
  })
  process.send({ port })
}

async function measure(kind) {
  const child = fork(self, ['listen', String(count)], { execArgv: ['--expose-gc'] })
  const next = () => new Promise((resolve) => child.once('message', resolve))
  const { port } = await next()
  const dialer = createDialer()
  const open = async () => {
    const transport = await dialer.dial({ address: '127.0.0.1', port }, { timeout: 10_000 })
    await transport.write(Buffer.from(kind === 'tls' ? 'STARTTLS\r\n' : 'NOOP\r\n'))
    await transport.read()
    if (kind === 'tls') await transport.startTls({ role: 'client' })
    return transport
  }
  const rss = async () => {
    child.send({})
    return (await next()).rss
  }
  const transports = [await open()]
  const before = await rss()
  for (let turn = 0; turn < count; turn++) transports.push(await open())
  const after = await rss()
  for (const transport of transports) transport.destroy()
  child.kill()
  return ((after - before) / count / 1024).toFixed(1)
}
