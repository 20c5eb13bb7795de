import { formatAddrSpec } from '../address/format.ts'
import { parseMailbox } from '../address/parse.ts'
import { type ComposeOptions, isAscii } from '../compose/text.ts'
import { formatDate } from '../date/format.ts'
import { ImfError } from '../error.ts'
import { SP, sameAscii } from '../octets.ts'
import { CTEXT, isClass, isDotAtom } from '../syntax/characters.ts'
import { isAddress } from './host.ts'
import type { TransmissionType } from './transmission-type.ts'

/** What a server writes of a message it took. */
export interface TraceInfo {
  /** What the client called itself. Remote text: what is no name or address literal moves into a comment, made harmless. */
  readonly hello: string
  /** The client's IP address, without brackets; a zone behind it is dropped. Absent when it has none. */
  readonly address?: string
  /** Name found for that address and confirmed. Remote text: left out when it is no name. */
  readonly reverseName?: string
  /** The server's name. */
  readonly by: string
  readonly with: TransmissionType
  /** The server's name for the message: one atom. */
  readonly id: string
  /** The recipient's mailbox, when there is no other: else recipients would learn of each other. */
  readonly for?: string
  /** A whole number from -9 to 9. @rfc 6710 7 */
  readonly priority?: number
  /** As the TLS library names them. */
  readonly tls?: { readonly version: string; readonly cipher: string }
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly instant: number
  /** Minutes east of UTC; default 0. */
  readonly offset?: number
}

/**
 * A whole Received field to put in front of a message, folded, ending in CRLF. Nothing a client says makes it throw.
 *
 * @param options `utf8` for a message that came with SMTPUTF8: then names beyond ASCII stand as they are
 * @throws ImfError BAD_ADDRESS when `address`, `by` or `id` is none; BAD_DATE
 * @rfc 5321 4.4
 */
export function formatReceived(trace: TraceInfo, options: ComposeOptions = {}): string {
  const { by, id, priority, reverseName, tls } = trace
  const address = trace.address?.split('%', 1)[0]
  const isName = (text: string): boolean => isDotAtom(text) && (options.utf8 === true || isAscii(text))
  const isHost = (text: string): boolean => text.length <= NAME && (isName(text) || isAddressLiteral(text))
  const recipient = (text: string): string | undefined => {
    const read = text.length > PATH || !(options.utf8 || isAscii(text)) ? undefined : parseMailbox(text)
    const isStrict = read?.kind === 'value' && read.leniency.length === 0
    return isStrict && isHost(read.value.domain) ? formatAddrSpec(read.value, options) : undefined
  }
  if (address !== undefined && !isAddress(address)) throw new ImfError('BAD_ADDRESS', 'not an IP address', { address })
  if (!isHost(by)) throw new ImfError('BAD_ADDRESS', 'not a host name', { address: by })
  if (!isName(id) || id.includes('.')) throw new ImfError('BAD_ADDRESS', 'not an atom', { address: id })

  const isNamed = isHost(trace.hello)
  const lines = [`from ${isNamed ? trace.hello : 'unknown'}`]
  if (address !== undefined) {
    const literal = `[${address.includes(':') ? 'IPv6:' : ''}${address}]`
    lines[0] += reverseName !== undefined && isHost(reverseName) ? ` (${reverseName} ${literal})` : ` (${literal})`
  }
  if (!isNamed) lines.push(`(hello was ${comment(trace.hello)})`)
  if (tls !== undefined) lines.push(`(using ${comment(tls.version)} with cipher ${comment(tls.cipher)})`)
  lines.push(`by ${by} with ${trace.with} id ${id}`)
  const date = formatDate(trace.instant, trace.offset)
  const path = trace.for === undefined ? undefined : recipient(trace.for)
  const last: string[] = []
  if (path !== undefined) last.push(`for <${path}>`)
  if (priority !== undefined) last.push(`PRIORITY ${priority}`)
  if (last.length === 0) lines.push(`${lines.pop()};`, date)
  else lines.push(`${last.join(' ')}; ${date}`)
  return `Received: ${lines.join('\r\n\t')}\r\n`
}

/** Text fit for a comment: printable ASCII, at most 255 characters, nothing that opens or closes anything. */
function comment(text: string): string {
  let safe = ''
  for (let i = 0; i < Math.min(text.length, NAME); i++) {
    const code = text.charCodeAt(i)
    safe += code === SP || isClass(code, CTEXT) ? text.charAt(i) : '?'
  }
  return safe
}

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]`: nothing that could be a comment. @rfc 5321 4.1.3 */
function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false
  const inner = text.slice(1, -1)
  return isAddress(inner) || (sameAscii(inner.slice(0, 5), 'ipv6:') && isAddress(inner.slice(5)))
}

const NAME = 255
const PATH = 320
