import { createResolver, type ResolverOptions, type StubResolver } from '../resolver/resolver.ts'
import { nodeClock, nodeRandom } from './clock.ts'
import { dnsPacketCodec } from './codec/codec.ts'
import { systemServers } from './resolv-conf.ts'
import { nodeTransport } from './transport.ts'

/** Options of a resolver on Node: those of `createResolver`, of which none must be given. */
export type NodeResolverOptions = Partial<ResolverOptions>

/**
 * A resolver with Node's sockets, clock and randomness. Without `servers` it asks those of the system.
 *
 * @throws DnsError `DNS_OPTION` for options that cannot be used.
 */
export async function createNodeResolver(options: NodeResolverOptions = {}): Promise<StubResolver> {
  const servers = options.servers ?? (await systemServers())
  return createResolver({
    transport: nodeTransport,
    codec: dnsPacketCodec,
    clock: nodeClock,
    random: nodeRandom,
    ...options,
    servers,
  })
}
