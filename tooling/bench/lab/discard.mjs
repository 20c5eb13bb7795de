// One process, server sessions with every extension on, and a handler that throws the message away: what the engine alone
// can do. usage: discard.mjs PORT [THREADS]. Threads share the port; the system spreads connections over them.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import * as esmtp from '../../../packages/esmtp-extensions/dist/index.js'
import { listen, nodeClock } from '../../../packages/smtp-node/dist/index.js'
import { serve } from '../../../packages/smtp-wire/dist/drive.js'
import { encodeUtf8, reply } from '../../../packages/smtp-wire/dist/index.js'

const [port, threads = 1] = isMainThread ? process.argv.slice(2).map(Number) : [workerData]
if (isMainThread) for (let more = 1; more < threads; more++) new Worker(new URL(import.meta.url), { workerData: port })

const hostname = 'mx.lab.test'
const greeting = reply(220, undefined, `${hostname} ESMTP`)
const ok = reply(250, '0.0', 'OK')
const notHere = reply(502, '5.1', 'Not here')
const handler = {
  greet: () => greeting,
  hello: () => 'accept',
  mail: () => ok,
  rcpt: () => ok,
  dataStart: () => 'go',
  body() {},
  dataEnd: () => ok,
  verb: () => notHere,
  lookup: () => notHere,
  ended() {},
  fault() {},
  secured() {},
  closed() {},
}
const nobody = () => false
const extensions = [
  esmtp.size,
  esmtp.eightBitMime,
  esmtp.binaryMime,
  esmtp.chunking,
  esmtp.pipelining,
  esmtp.enhancedStatusCodes,
  esmtp.dsn,
  esmtp.smtpUtf8,
  esmtp.deliverBy(),
  esmtp.mtPriority(),
  esmtp.rrvs,
  esmtp.requireTls,
  esmtp.limits,
  esmtp.futureRelease({ maximum: 86_400, now: Date.now }),
  esmtp.etrn,
  esmtp.auth(() => ['PLAIN']),
  esmtp.noSoliciting(),
  esmtp.mtrk,
  esmtp.help,
  esmtp.vrfy,
  esmtp.expn,
  esmtp.startTls,
  esmtp.xclient(nobody),
  esmtp.xforward(nobody),
]
await listen({
  address: '127.0.0.1',
  port,
  reusePort: true,
  maxConnections: 1000,
  maxConnectionsPerAddress: 1000,
  onConnection: (transport) => void serve(transport, { hostname, extensions, clock: nodeClock, handler }),
  onRefused: () => encodeUtf8('421 4.3.2 busy\r\n'),
})
