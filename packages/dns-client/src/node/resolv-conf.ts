import { getServers } from 'node:dns'
import { readFile } from 'node:fs/promises'
import { parseServer } from '../resolver/servers.ts'
import type { DnsServer } from '../resolver/transport.ts'

/** As many servers as system resolvers take from the file. */
const maxServers = 3

const thisMachine: readonly DnsServer[] = [{ address: '127.0.0.1' }]

/**
 * The servers named in the text of a `resolv.conf`, at most three; 127.0.0.1 when it names none, as its manual says.
 * `options trust-ad` makes all of them trusted, for that is what the administrator says with it. What cannot be
 * understood is ignored.
 */
export function parseResolvConf(text: string): readonly DnsServer[] {
  const found: DnsServer[] = []
  let trustAd = false
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    const server = keyword === 'nameserver' ? parseServer(words[0] ?? '') : undefined
    if (server !== undefined && found.length < maxServers) found.push(server)
    if (keyword === 'options' && words.includes('trust-ad')) trustAd = true
  }
  const servers = found.length > 0 ? found : thisMachine
  return trustAd ? servers.map((server) => ({ ...server, trusted: true })) : servers
}

/** The servers that the system is set up to ask: those of `/etc/resolv.conf`, or where there is none, those Node knows. */
export async function systemServers(): Promise<readonly DnsServer[]> {
  let text: string
  try {
    text = await readFile('/etc/resolv.conf', 'utf8')
  } catch {
    const servers = getServers().flatMap((server) => parseServer(server) ?? [])
    return servers.length > 0 ? servers : thisMachine
  }
  return parseResolvConf(text)
}
