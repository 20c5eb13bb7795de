import { getServers } from 'node:dns'
import { readFile } from 'node:fs/promises'
import { parseAddress } from '../name/address.ts'
import type { DnsServer } from '../resolver/transport.ts'

/** As many servers as system resolvers take from the file. */
const maxServers = 3

/**
 * The servers named in the text of a `resolv.conf`, at most three; 127.0.0.1 when it names none, as its manual says.
 * `options trust-ad` makes all of them trusted, for that is what the administrator says with it. What cannot be
 * understood is ignored.
 */
export function parseResolvConf(text: string): readonly DnsServer[] {
  const servers: DnsServer[] = []
  let trustAd = false
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver') {
      const [address = ''] = words
      const bare = address.includes(':') ? (address.split('%')[0] ?? '') : address
      if (parseAddress(bare) !== undefined && servers.length < maxServers) servers.push({ address })
    } else if (keyword === 'options' && words.includes('trust-ad')) trustAd = true
  }
  if (servers.length === 0) servers.push({ address: '127.0.0.1' })
  return trustAd ? servers.map((server) => ({ ...server, trusted: true })) : servers
}

/** The servers that the system is set up to ask: those of `/etc/resolv.conf`, or where there is none, those Node knows. */
export async function systemServers(): Promise<readonly DnsServer[]> {
  let text: string
  try {
    text = await readFile('/etc/resolv.conf', 'utf8')
  } catch {
    const servers = getServers().map(serverOf)
    return servers.length > 0 ? servers : [{ address: '127.0.0.1' }]
  }
  return parseResolvConf(text)
}

/** Node writes `address`, `address:port` or `[address]:port`. */
function serverOf(text: string): DnsServer {
  const bracketed = /^\[([^\]]+)\]:([0-9]+)$/.exec(text)
  const plain = /^([0-9.]+):([0-9]+)$/.exec(text)
  const [, address, port] = bracketed ?? plain ?? []
  return address === undefined ? { address: text } : { address, port: Number(port) }
}
