import type { MessageCodec } from '../../message/message.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'

/**
 * Messages by dns-packet, and around it what it leaves to its caller. Read is only what is whole and of the lengths
 * that it states itself, and names octet by octet. Not written are names with a dot, a backslash or an unprintable
 * octet inside a label.
 *
 * @rfc 1035 4.1
 * @rfc 6891 6.1
 */
export const dnsPacketCodec: MessageCodec = { encode, decode }
