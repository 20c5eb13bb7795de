import { formatDuration } from '@angarium/host'
import type { CorruptEntry, Entry, EntryRecipient, EnvelopeParameter, Instant, QueueStats } from '@angarium/queue'
import { visible } from '../command/console.ts'

/** A message in few lines. */
export function* summary(entry: Entry | CorruptEntry, now: Instant): Generator<string> {
  if (entry.kind === 'corrupt') {
    yield `${visible(entry.id)}  CORRUPT  ${visible(entry.because)}`
    return
  }
  const { id, acceptedAt, size, priority, reversePath, recipients } = entry
  const line = priority === 0 ? '' : `  priority ${priority}`
  yield `${id}  ${time(acceptedAt)}  ${size} octets  from <${visible(reversePath)}>${line}`
  for (const recipient of recipients) yield `  ${standing(recipient, now)}`
}

/** All that is known of a message. */
export function* details(entry: Entry | CorruptEntry, now: Instant): Generator<string> {
  if (entry.kind === 'corrupt') return yield* summary(entry, now)
  yield* heading(entry, now)
  for (const recipient of entry.recipients) {
    yield `to:        ${standing(recipient, now)}${parameterText(recipient.parameters)}`
    yield `           destination ${visible(recipient.destination)}, ${attempts(recipient, now)}`
    for (const line of lastReply(recipient)) yield `           ${line}`
  }
}

/** What is known of a message beside its recipients. */
export function* heading(entry: Entry, now: Instant): Generator<string> {
  yield `id:        ${entry.id}`
  yield `accepted:  ${time(entry.acceptedAt)}, ${ago(entry.acceptedAt, now)}`
  yield `size:      ${entry.size} octets`
  yield `priority:  ${entry.priority}`
  yield `from:      <${visible(entry.reversePath)}>${parameterText(entry.parameters)}`
  yield `sender:    ${visible(entry.sender)}`
  if (entry.source !== undefined) yield `source:    ${visible(entry.source)}`
}

/** The queue's own counts of recipients. */
export function* counts(stats: QueueStats): Generator<string> {
  for (const [name, count] of Object.entries(stats)) yield `${`${name}:`.padEnd(11)}${count}`
}

/** Where a recipient stands, and why. */
export function standing(recipient: EntryRecipient, now: Instant): string {
  const { address, state, nextAttempt, notBefore, because } = recipient
  const release = notBefore === undefined || notBefore <= now ? '' : `, not before ${time(notBefore)}`
  const why = because === undefined ? '' : `: ${visible(because)}`
  const next = release === '' && nextAttempt !== undefined ? `, ${when(nextAttempt, now)}` : release
  return `<${visible(address)}>  ${state}${next}${why}`
}

export function attempts({ attempts, lastAttempt }: EntryRecipient, now: Instant): string {
  return `attempts ${attempts}${lastAttempt === undefined ? '' : `, the last ${ago(lastAttempt, now)}`}`
}

/** What the peer said last, a line of the reply in each. */
export function lastReply({ lastReply: reply }: EntryRecipient): readonly string[] {
  if (reply === undefined) return []
  const by = reply.peer === undefined ? '' : `${visible(reply.peer)} said `
  const status = reply.status === undefined ? '' : ` ${reply.status}`
  return reply.text.map((text) => `${by}${reply.code}${status} ${visible(text)}`)
}

const time = (instant: Instant): string => new Date(instant).toISOString()

/** How long it is until then, in whole seconds. */
export function until(instant: Instant, now: Instant): string {
  return formatDuration(Math.max(0, Math.ceil((instant - now) / 1_000)) * 1_000)
}

export function ago(instant: Instant, now: Instant): string {
  return `${formatDuration(Math.max(0, Math.floor((now - instant) / 1_000)) * 1_000)} ago`
}

function when(attempt: Instant, now: Instant): string {
  return attempt <= now ? 'due now' : `next attempt in ${until(attempt, now)}`
}

function parameterText(parameters: readonly EnvelopeParameter[]): string {
  return parameters
    .map(([keyword, value]) => ` ${visible(value === undefined ? keyword : `${keyword}=${value}`)}`)
    .join('')
}
