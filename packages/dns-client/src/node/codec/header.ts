import {
  AUTHENTIC_DATA,
  AUTHORITATIVE_ANSWER,
  CHECKING_DISABLED,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type { Flags } from '../../message/message.ts'

/** The header's flags but the one that tells a response, which dns-packet keeps apart. */
export const flagBits: readonly (readonly [Exclude<keyof Flags, 'response'>, number])[] = [
  ['authoritative', AUTHORITATIVE_ANSWER],
  ['truncated', TRUNCATED_RESPONSE],
  ['recursionDesired', RECURSION_DESIRED],
  ['recursionAvailable', RECURSION_AVAILABLE],
  ['authentic', AUTHENTIC_DATA],
  ['checkingDisabled', CHECKING_DISABLED],
]

/** The EDNS option that says why an answer failed (RFC 8914, 2). */
export const extendedError = 15
