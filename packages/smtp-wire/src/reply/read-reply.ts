import { CR, DASH, decodeUtf8, LF, SP } from '../octets.ts'
import { fault, item, needMore, type Step } from '../step.ts'
import { hasControl, type Reply } from './reply.ts'
import { type EnhancedStatus, parseStatus } from './status.ts'

/** What can be wrong with a reply. */
export type ReplyFault = 'reply-line-too-long' | 'reply-too-many-lines' | 'reply-syntax' | 'reply-code-mismatch'

/** Bounds on what a server may say. RFC 5321 asks for 512 octets a line; real servers send more. */
export interface ReplyLimits {
  /** Of one line, with its line end; a challenge (334) may have 12,288 in any case. */
  readonly lineOctets: number
  /** Of one reply. */
  readonly lines: number
}

/** 2048 octets a line, 128 lines. */
export const replyLimits: ReplyLimits = { lineOctets: 2048, lines: 128 }

/**
 * Reads one whole reply, all its lines, from the front of `input`; never looks past its last LF.
 *
 * ```abnf
 * Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 * ```
 * Deviations: a line may end in a bare LF, since some servers do and nothing follows from it; text may be UTF-8, since
 * servers with SMTPUTF8 send it. A line that is not UTF-8, or holds controls, has those octets shown as `\xHH`, so the
 * result never breaks a line.
 *
 * @rfc 5321 4.2
 * @rfc 2034 4
 */
export function readReply(input: Uint8Array, limits: ReplyLimits = replyLimits): Step<Reply, ReplyFault> {
  const text: string[] = []
  let code = 0
  let status: EnhancedStatus | undefined
  let at = 0
  for (;;) {
    const lf = input.indexOf(LF, at)
    const length = (lf === -1 ? input.length : lf) - at
    if (length >= limits.lineOctets) {
      const most = isChallenge(input, at) ? Math.max(limits.lineOctets, CHALLENGE_OCTETS) : limits.lineOctets
      if (length >= most) return fault('reply-line-too-long', at + most)
    }
    if (lf === -1) return needMore
    const end = lf > at && input[lf - 1] === CR ? lf - 1 : lf
    const lineCode = readCode(input, at, end)
    if (lineCode === undefined) return fault('reply-syntax', at)
    const separator = end === at + 3 ? SP : input[at + 3]
    if (separator !== SP && separator !== DASH) return fault('reply-syntax', at + 3)
    if (text.length === 0) code = lineCode
    else if (lineCode !== code) return fault('reply-code-mismatch', at)
    let line = showText(input.subarray(Math.min(at + 4, end), end))
    const lineStatus = leadingStatus(line, code)
    if (lineStatus !== undefined) {
      status ??= lineStatus
      line = line.slice(lineStatus.length + 1)
    }
    text.push(line)
    at = lf + 1
    if (separator === SP) return item(status === undefined ? { code, text } : { code, status, text }, at)
    if (text.length >= limits.lines) return fault('reply-too-many-lines', at)
  }
}

/** 334, with text and nothing to follow. */
const isChallenge = (input: Uint8Array, at: number): boolean =>
  input[at] === 0x33 && input[at + 1] === 0x33 && input[at + 2] === 0x34 && input[at + 3] === SP

/** @rfc 4954 4 */
const CHALLENGE_OCTETS = 12_288

/** Three digits, the first from 2 to 5. */
function readCode(input: Uint8Array, at: number, end: number): number | undefined {
  if (end - at < 3) return undefined
  const hundreds = (input[at] ?? 0) - 0x30
  const tens = (input[at + 1] ?? 0) - 0x30
  const ones = (input[at + 2] ?? 0) - 0x30
  if (hundreds < 2 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return undefined
  return hundreds * 100 + tens * 10 + ones
}

/** An enhanced status counts only when its class is the reply's. @rfc 2034 4 */
function leadingStatus(line: string, code: number): EnhancedStatus | undefined {
  const blank = line.indexOf(' ')
  const status = parseStatus(blank === -1 ? line : line.slice(0, blank))
  return status !== undefined && Number(status[0]) === Math.floor(code / 100) ? status : undefined
}

function showText(octets: Uint8Array): string {
  const decoded = decodeUtf8(octets)
  if (decoded !== undefined && !hasControl(decoded)) return decoded
  let text = ''
  for (const octet of octets) {
    if (octet === 0x09 || (octet >= 0x20 && octet < 0x7f)) text += String.fromCharCode(octet)
    else text += `\\x${octet.toString(16).padStart(2, '0')}`
  }
  return text
}
