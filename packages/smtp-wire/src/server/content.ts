import { LineCheck } from '../content/lines.ts'
import { ChunkInput, type ContentInput, type ContentRefusal } from './content-input.ts'
import type { ServerEvent } from './events.ts'
import * as replies from './replies.ts'
import type { SessionState } from './state.ts'
import { judgeData, type OpenTransaction } from './transaction.ts'

/** Reads on in the content under way. */
export function readContent(state: SessionState, content: ContentInput): ServerEvent | 'more' | undefined {
  const got = content.next(state.input)
  if (got === undefined || got === 'more') return got
  if (got !== 'end') return { kind: 'body', octets: got }
  state.content = undefined
  state.patience.renew()
  if (content.refusal !== undefined) return refuseContent(state, content, content.refusal)
  if (content.last)
    return state.ask({ kind: 'data-end', transaction: openTransaction(state), octets: content.messageOctets })
  state.chunkedOctets = content.messageOctets
  state.send(replies.ok)
  return undefined
}

/**
 * Takes a BDAT. Its octets follow at once, whatever is answered, so a chunk that is not welcome is swallowed.
 *
 * @param legal the verb is offered, and has its place here
 * @rfc 3030 2
 */
export function startChunk(state: SessionState, size: number, last: boolean, legal: boolean): ServerEvent | undefined {
  if (state.phase === 'rcpt') state.chunkLines = isBinary(state) ? undefined : new LineCheck()
  const chunk = new ChunkInput(size, last, state.chunkedOctets, state.limits.messageOctets, state.chunkLines)
  state.content = chunk
  state.patience.renew()
  if (!legal) chunk.refuse({ fault: 'bad-sequence', reply: replies.notHere })
  else if (state.phase === 'rcpt') {
    const transaction = openTransaction(state)
    const refusal = judgeData(state.grant, state.context, transaction, true)
    if (refusal === undefined) return state.ask({ kind: 'data-start', transaction })
    chunk.refuse({ fault: 'extension-refusal', ...refusal })
  }
  return undefined
}

/**
 * Content was swallowed; its replies, and the end of the transaction. Under LMTP the last chunk has a reply for each
 * recipient, and none where there are none.
 *
 * @rfc 2033 4.3
 */
function refuseContent(
  state: SessionState,
  content: ContentInput,
  { fault, reply, by }: ContentRefusal,
): ServerEvent | undefined {
  const recipients = state.transaction?.recipients.length ?? state.lostRecipients ?? 1
  const times = state.lmtp && content.last ? recipients : 1
  for (let i = 0; i < times; i++) state.send(reply)
  state.failChunks(fault === undefined || by !== undefined ? 'refused' : 'fault')
  if (content.last) state.lostRecipients = undefined
  state.weigh(reply)
  if (fault === undefined) return undefined
  return { kind: 'fault', fault, reply, ...(by !== undefined && { by }) }
}

function isBinary({ grant, transaction }: SessionState): boolean {
  const parameters = transaction?.parameters ?? {}
  return [...grant.offered].some(({ switches }) => switches.binary?.(parameters) === true)
}

/** The transaction, where the phase says there is one. */
export function openTransaction(state: SessionState): OpenTransaction {
  if (state.transaction === undefined) throw new TypeError(`no transaction in phase ${state.phase}`)
  return state.transaction
}
