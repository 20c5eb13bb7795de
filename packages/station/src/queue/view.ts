import { formatDuration } from '@angarium/host'
import type { CorruptEntry, Entry, EntryRecipient, EnvelopeParameter, QueueStats } from '@angarium/queue'
import { visible } from '../command/console.ts'

/** A message in few lines. */
export function* summary(entry: Entry | CorruptEntry, now: number): Generator<string> {
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
export function* details(entry: Entry | CorruptEntry, now: number): Generator<string> {
  if (entry.kind === 'corrupt') return yield* summary(entry, now)
  yield `id:        ${entry.id}`
  yield `accepted:  ${time(entry.acceptedAt)}`
  yield `size:      ${entry.size} octets`
  yield `priority:  ${entry.priority}`
  yield `from:      <${visible(entry.reversePath)}>${parameterText(entry.parameters)}`
  for (const recipient of entry.recipients) {
    const { destination, attempts, lastReply, parameters } = recipient
    yield `to:        ${standing(recipient, now)}${parameterText(parameters)}`
    yield `           destination ${visible(destination)}, attempts ${attempts}`
    const by = lastReply?.peer === undefined ? '' : `${visible(lastReply.peer)} said `
    for (const text of lastReply?.text ?? []) yield `           ${by}${lastReply?.code} ${visible(text)}`
  }
}

/** The queue's own counts of recipients. */
export function* counts(stats: QueueStats): Generator<string> {
  for (const [name, count] of Object.entries(stats)) yield `${`${name}:`.padEnd(11)}${count}`
}

const time = (instant: number): string => new Date(instant).toISOString()

function standing({ address, state, nextAttempt, notBefore, because }: EntryRecipient, now: number): string {
  const release = notBefore === undefined || notBefore <= now ? '' : `, not before ${time(notBefore)}`
  const why = because === undefined ? '' : `: ${visible(because)}`
  const next = release === '' && state === 'queued' ? `, ${when(nextAttempt ?? now, now)}` : release
  return `<${visible(address)}>  ${state}${next}${why}`
}

function when(attempt: number, now: number): string {
  return attempt <= now ? 'due now' : `next attempt in ${formatDuration(Math.ceil((attempt - now) / 1000) * 1000)}`
}

function parameterText(parameters: readonly EnvelopeParameter[]): string {
  return parameters
    .map(([keyword, value]) => ` ${visible(value === undefined ? keyword : `${keyword}=${value}`)}`)
    .join('')
}
