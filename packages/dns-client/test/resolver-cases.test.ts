import { describe, it } from 'vitest'
import { createNodeResolver, serveZone } from '../src/node.ts'
import { memoryResolver, resolverCases } from '../src/testing.ts'
import { manualClock, resolverOver } from './rig.ts'

describe('resolver in memory', () => {
  for (const one of resolverCases()) it(one.name, () => one.run((zone) => ({ resolver: memoryResolver(zone) })))
})

describe('resolver over an injected transport', () => {
  for (const one of resolverCases())
    it(one.name, () => one.run((zone) => ({ resolver: resolverOver(zone, manualClock()).resolver })))
})

describe('resolver over sockets', () => {
  for (const one of resolverCases())
    it(one.name, () =>
      one.run(async (zone) => {
        const server = await serveZone(zone)
        const resolver = await createNodeResolver({ servers: [{ address: server.address, port: server.port }] })
        return {
          resolver,
          async close() {
            resolver.close()
            await server.close()
          },
        }
      }),
    )
})
