import { describe, it } from 'vitest'
import { createManualClock, Link, type MemoryTransport, transportCases } from '../src/testing.ts'

const seen = { address: '192.0.2.1', port: 40_000, localAddress: '192.0.2.25', localPort: 25 }
const certificate = { names: ['mx.test'], trusted: true }

describe('a transport in memory', () => {
  for (const piece of [Number.POSITIVE_INFINITY, 1000])
    describe(`that reads pieces of ${piece} octets`, () => {
      for (const one of transportCases({ halfClose: true, tls: true }))
        it(one.name, () =>
          one.run({
            connect: async () => new Link(createManualClock(), seen, certificate, { piece }),
            end: (transport) => (transport as MemoryTransport).end(),
            serverName: 'mx.test',
          }),
        )
    })
})
