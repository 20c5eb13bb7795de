import { BlockList, isIP, type Socket } from 'node:net'
import { type ProxiedEnds, type ProxyFault, readProxyHeader } from '@angarium/smtp-wire'

/** What came of waiting for a proxy's header. `ends` is `undefined` where they are those of the connection. */
export type Announcement =
  | { readonly kind: 'announced'; readonly ends: ProxiedEnds | undefined }
  | { readonly kind: 'failed'; readonly because: ProxyFault | 'timeout' | 'closed' }

/**
 * Takes the PROXY header off the front of a connection nobody reads yet. What follows it stays for the next reader.
 *
 * @param timeout milliseconds for the whole header
 */
export function takeAnnouncement(socket: Socket, timeout: number): Promise<Announcement> {
  return new Promise((resolve) => {
    // Never more than one read beyond the longest header.
    let held: Buffer = Buffer.alloc(0)
    const finish = (announcement: Announcement): void => {
      clearTimeout(timer)
      socket.off('readable', read)
      socket.off('end', closed)
      socket.off('close', closed)
      resolve(announcement)
    }
    const read = (): void => {
      const octets = socket.read() as Buffer | null
      if (octets === null) return
      held = held.length === 0 ? octets : Buffer.concat([held, octets])
      const step = readProxyHeader(held)
      if (step.kind === 'need-more') return
      if (step.kind === 'fault') {
        finish({ kind: 'failed', because: step.fault })
        return
      }
      if (step.consumed < held.length) socket.unshift(held.subarray(step.consumed))
      finish({ kind: 'announced', ends: step.value.kind === 'proxied' ? step.value.ends : undefined })
    }
    const closed = (): void => finish({ kind: 'failed', because: 'closed' })
    const timer = setTimeout(() => finish({ kind: 'failed', because: 'timeout' }), timeout)
    socket.on('readable', read)
    socket.on('end', closed)
    socket.on('close', closed)
  })
}

/**
 * Tells whether an address is one of these, which are addresses and networks (`192.0.2.0/24`, `2001:db8::/32`).
 *
 * @returns the text that is neither, instead
 */
export function memberOf(networks: readonly string[]): ((address: string) => boolean) | { readonly bad: string } {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits, ...rest] = network.split('/')
    const version = isIP(address)
    const most = version === 4 ? 32 : 128
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
    if (version === 0 || rest.length > 0 || prefix < 0 || prefix > most) return { bad: network }
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}
