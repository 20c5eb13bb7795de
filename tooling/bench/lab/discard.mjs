// One server session loop with every extension on and a handler that throws the message away: what the engine alone can
// do. usage: discard.mjs PORT
import * as extensions from '../../../packages/esmtp-extensions/dist/index.js'
import { listen, nodeClock } from '../../../packages/smtp-node/dist/index.js'
import { encodeUtf8, reply } from '../../../packages/smtp-wire/dist/index.js'
import { serve } from '../../../packages/smtp-wire/dist/drive.js'

const hostname = 'mx.lab.test'
const greeting = reply(220, undefined, `${hostname} ESMTP`)
const ok = reply(250, '0.0', 'OK')
const handler = {
  greet: () => greeting,
  hello: () => 'accept',
  mail: () => ok,
  rcpt: () => ok,
  dataStart: () => 'go',
  body() {},
  dataEnd: () => ok,
  verb: () => reply(502, '5.1', 'Not here'),
  lookup: () => reply(252, '5.0', 'Try it'),
  ended() {},
  fault() {},
  secured() {},
  closed() {},
}
const { size, eightBitMime, pipelining, enhancedStatusCodes, startTls } = extensions
await listen({
  address: '127.0.0.1',
  port: Number(process.argv[2]),
  maxConnections: 1000,
  maxConnectionsPerAddress: 1000,
  onConnection: (transport) =>
    void serve(transport, {
      hostname,
      extensions: [size, eightBitMime, pipelining, enhancedStatusCodes, startTls],
      clock: nodeClock,
      handler,
    }),
  onRefused: () => encodeUtf8('421 4.3.2 busy\r\n'),
})
