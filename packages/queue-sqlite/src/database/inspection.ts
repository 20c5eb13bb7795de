import { crc32 } from 'node:zlib'
import type { Filter } from '@angarium/queue'
import type { Work } from '@angarium/queue/lifecycle'
import {
  abandonWork,
  changeWork,
  filterPasses,
  filterPassesMessage,
  filterPassesRecipient,
  joinWork,
} from '@angarium/queue/lifecycle'
import type { Operations, Page } from '../thread/protocol.ts'
import type { Scene } from './operations.ts'
import type { StoredMessage, Tables } from './tables.ts'

type Do<O extends keyof Operations> = (scene: Scene, ask: Operations[O]['ask']) => Operations[O]['answer']

/** Messages looked at in one step, so that writers wait no longer than for that. */
const step = 200

export const read: Do<'read'> = ({ tables, contents }, { id }) => {
  const message = tables.message(id)
  if (message === undefined) return undefined
  if (tables.isCorrupt(message.seq)) return { kind: 'corrupt', because: tables.whyCorrupt(message.seq) }
  if (message.filed === 1) return { kind: 'file', size: message.size, sum: message.sum }
  const content = tables.content(message.seq)
  if (content.length === message.size && crc32(content) === message.sum)
    return { kind: 'row', body: contents.add(content) }
  const because = 'the content does not match its checksum'
  tables.spoil(message, because)
  return { kind: 'corrupt', because }
}

export const scan: Do<'scan'> = ({ tables }, { filter, after }) => {
  const found = tables.messagesAfter(after, step)
  const entries: Page['entries'][number][] = []
  for (const message of found) {
    const works = readable(tables, message)
    if (works === undefined) entries.push({ kind: 'corrupt', id: message.id, because: tables.whyCorrupt(message.seq) })
    else if (filterPasses(filter, tables.factsOf(message)?.reversePath ?? '', works)) {
      const { seq, sum: _, filed: __, ...row } = message
      entries.push({ kind: 'message', row, works: tables.workRows(seq) })
    }
  }
  return { entries, next: found.length < step ? undefined : found.at(-1)?.id }
}

/** All work of a message, or undefined when the message is set aside, maybe just now. */
function readable(tables: Tables, message: StoredMessage): readonly Work[] | undefined {
  if (tables.isCorrupt(message.seq) || tables.factsOf(message) === undefined) return undefined
  const works: Work[] = []
  for (const { destination } of tables.workRows(message.seq)) {
    const work = tables.workOf(message, destination)
    if (work === undefined) return undefined
    works.push(work)
  }
  return works
}

export const change: Do<'change'> = ({ tables }, { filter, ids, after, change: wish, now }) => {
  const progress: { readonly id: string; readonly recipients: number }[] = []
  const found = ids === undefined ? tables.messagesAfter(after, step) : ids.map((id) => tables.message(id))
  for (const message of found) {
    if (message === undefined) continue
    const works = readable(tables, message)
    let recipients = 0
    if (works !== undefined) recipients = changeMessage(tables, message, works, filter, wish, now)
    // What cannot be read can only be thrown away, and only by its name.
    else if (ids !== undefined && wish.kind === 'remove') recipients = tables.removeMessage(message)
    if (recipients > 0) progress.push({ id: message.id, recipients })
  }
  return { progress, next: ids !== undefined || found.length < step ? undefined : found.at(-1)?.id }
}

function changeMessage(
  tables: Tables,
  message: StoredMessage,
  works: readonly Work[],
  filter: Filter,
  wish: Operations['change']['ask']['change'],
  now: number,
): number {
  if (!filterPassesMessage(filter, tables.factsOf(message)?.reversePath ?? '')) return 0
  let applied = 0
  for (const work of works) {
    const over = work.lease !== undefined && work.lease.until <= now
    const free = over ? abandonWork(work, now, tables.policy) : work
    const changed = changeWork(free, wish, now, (recipient) =>
      filterPassesRecipient(filter, work.destination, recipient),
    )
    if (changed.applied === 0) continue
    applied += changed.applied
    if (wish.kind === 'reroute' && changed.moved.length > 0) {
      const present = tables.workOf(message, wish.destination)
      tables.putWork(message, present, joinWork(present, wish.destination, changed.moved, work))
    }
    tables.putWork(message, work, changed.work)
  }
  return applied
}

export const stats: Do<'stats'> = ({ tables }) => tables.stats

export const strangers: Do<'strangers'> = ({ tables }, { ids }) => ids.filter((id) => tables.message(id)?.filed !== 1)

export const spoil: Do<'spoil'> = ({ tables }, { id, because }) => {
  const message = tables.message(id)
  if (message !== undefined) tables.spoil(message, because)
  return null
}
