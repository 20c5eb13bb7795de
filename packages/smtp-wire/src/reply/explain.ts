import { asciiLower, encodeUtf8 } from '../octets.ts'
import { causeOfCode, causeOfStatus, type ReplyCause, replyCauses } from './causes.ts'
import { knownReplies } from './known-replies.ts'
import type { KnownReply } from './known-reply.ts'
import { readReply } from './read-reply.ts'
import { type ReplyCodeEntry, replyCodes } from './registry-codes.ts'
import { type Reply, replyClass } from './reply.ts'
import { explainStatus, parseStatus, type StatusExplanation } from './status.ts'

/**
 * What in a reply speaks against its code, which is what a client has to go by. `status-class`: the enhanced status is
 * of another class. `passing-cause`: a refusal for good, for something that passes by itself.
 */
export type Contradiction = 'status-class' | 'passing-cause'

/** A reply, told to a person. */
export interface ReplyExplanation {
  readonly reply: Reply
  readonly class: ReturnType<typeof replyClass>
  /** Refused for good: sent again as it is, it would be refused again. */
  readonly permanent: boolean
  /** Of the registry; `undefined` for a code that no standard defines. */
  readonly code: ReplyCodeEntry | undefined
  /** Also where it stands in the text in a form that is not the standard's, or is of the wrong class. */
  readonly status: StatusExplanation | undefined
  readonly cause: ReplyCause
  /** What happened. One sentence. */
  readonly meaning: string
  /** What can be done. One or two sentences. */
  readonly advice: string
  /** The text is one that many servers, or one large operator, send. */
  readonly known: KnownReply | undefined
  readonly contradictions: readonly Contradiction[]
}

/**
 * Explains a reply, ours or a peer's. What is widespread is known by its text, then the enhanced status counts, then the
 * code. The sentences are ours: nothing of the peer's text is in them.
 *
 * A reply as text may be one line or several, as on the wire or as logs join them; of one that is not a reply,
 * `undefined` comes back. Of long texts only the beginning is looked at (2048 characters).
 *
 * @rfc 5321 4.2.1
 * @rfc 3463 3
 */
export function explainReply(reply: Reply): ReplyExplanation
export function explainReply(reply: Reply | string): ReplyExplanation | undefined
export function explainReply(of: Reply | string): ReplyExplanation | undefined {
  const reply = typeof of === 'string' ? replyFromText(of) : of
  if (reply === undefined) return undefined
  const text = joined(reply)
  const level = replyClass(reply)
  const status = explainStatus(reply.status ?? statusInText(text) ?? '')
  const known = reply.code < 400 ? undefined : findKnown(reply.code, withoutAddresses(asciiLower(text)))
  const cause = known?.cause ?? causeWithoutText(reply.code, status)
  const { meaning, advice, passes } = replyCauses[cause]
  const contradictions: Contradiction[] = []
  if (status !== undefined && Number(status.status[0]) !== Math.floor(reply.code / 100))
    contradictions.push('status-class')
  if (passes && level === 'permanent') contradictions.push('passing-cause')
  return {
    reply,
    class: level,
    // A server that says 552 for too many recipients means 452. @rfc 5321 4.5.3.1.10
    permanent: level === 'permanent' && !(reply.code === 552 && cause === 'too-many-recipients'),
    code: replyCodes.get(reply.code),
    status,
    cause,
    meaning,
    advice: known?.advice ?? advice,
    known,
    contradictions,
  }
}

function causeWithoutText(code: number, status: StatusExplanation | undefined): ReplyCause {
  if (code < 400) return code < 300 ? 'accepted' : 'proceed'
  // Says more than its status, which is for hosts that are down too. @rfc 7504 3
  if (code === 521) return 'no-mail-service'
  const byStatus = status === undefined ? undefined : causeOfStatus.get(status.entry?.detail ?? '')
  if (byStatus !== undefined && byStatus !== 'unknown' && byStatus !== 'accepted') return byStatus
  return causeOfCode.get(code) ?? 'unknown'
}

function findKnown(code: number, text: string): KnownReply | undefined {
  const digits = String(code)
  return knownReplies.find(
    ({ codes, phrases }) =>
      codes.some((one) => digits.startsWith(one)) &&
      phrases.some((phrase) => phrase.every((words) => text.includes(words))),
  )
}

/** What an address is called says nothing. */
function withoutAddresses(text: string): string {
  const [first = '', ...pieces] = text.split('<')
  let rest = first
  for (const piece of pieces) {
    const end = piece.indexOf('>')
    rest += end !== -1 && piece.slice(0, end).includes('@') ? piece.slice(end + 1) : `<${piece}`
  }
  return rest
}

/** Lines as one text, without the codes that logs leave in it. */
function joined({ code, status, text }: Reply): string {
  let whole = ''
  for (const line of text) {
    if (whole.length > TEXT_LIMIT) break
    whole += whole === '' || line === '' ? line : ` ${line}`
  }
  whole = whole.slice(0, TEXT_LIMIT)
  for (const head of [`${code}-`, `${code} `])
    for (const words of status === undefined ? [head] : [`${head}${status} `, head])
      whole = whole.split(` ${words}`).join(' ')
  return whole
}

/** `#5.1.1`, `(5.1.1)`, `[5.1.1]` or, of another class than the code, `5.1.1` in front of the text, or at its end. */
function statusInText(text: string): string | undefined {
  for (const word of [text.slice(0, text.indexOf(' ')), text.slice(text.lastIndexOf(' ') + 1)]) {
    const bare = word
      .slice(0, 20)
      .replace(/^[#([]+/, '')
      .replace(/[)\].:,;]+$/, '')
    if (parseStatus(bare) !== undefined) return bare
  }
  return undefined
}

function replyFromText(given: string): Reply | undefined {
  const lines = given.slice(0, TEXT_LIMIT).split('\n', 64)
  const wire = lines.map((line) => line.replace(/\r+$/, '')).filter((line) => line !== '')
  const step = readReply(encodeUtf8(`${wire.join('\r\n')}\r\n`), { lineOctets: TEXT_LIMIT * 4, lines: 64 })
  if (step.kind === 'item') return step.value
  // The last line is missing, or lines were joined: the first one's code stands for all.
  const [first = '', ...rest] = wire
  const alone = readReply(encodeUtf8(`${first.replace(/^(\d{3})-/, '$1 ')}\r\n`), {
    lineOctets: TEXT_LIMIT * 4,
    lines: 1,
  })
  if (alone.kind !== 'item') return undefined
  return { ...alone.value, text: [...alone.value.text, ...rest] }
}

const TEXT_LIMIT = 2048
