import { crc32 } from 'node:zlib'
import type { Filter } from '@angarium/queue'
import type { MessageFacts, Work } from '@angarium/queue/lifecycle'
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
import type { MessageRow, WorkRow } from './rows.ts'
import { candidates } from './selection.ts'
import type { Tables } from './tables.ts'

type Do<O extends keyof Operations> = (scene: Scene, ask: Operations[O]['ask']) => Operations[O]['answer']

/** Messages looked at in one step at most, and for how long, so that writers wait no longer than for that. */
const step = 200
const stepMs = 5

/** Looks at one after the other while there is time, at one at least; answers where to go on, if anywhere. */
function each(ids: readonly string[], look: (id: string) => void): string | undefined {
  const until = performance.now() + stepMs
  let last: string | undefined
  for (const id of ids) {
    look(id)
    last = id
    if (performance.now() >= until) break
  }
  return last === ids.at(-1) && ids.length < step ? undefined : last
}

export const read: Do<'read'> = ({ tables, contents }, { id }) => {
  const found = tables.whole(id)
  if (tables.isCorrupt(id)) return { kind: 'corrupt', because: tables.whyCorrupt(id) }
  if (found === undefined) return undefined
  const [, , size, , , sum, filed, content] = found
  if (filed === 1) return { kind: 'file', size, sum }
  if (content?.length === size && crc32(content) === sum) return { kind: 'row', body: contents.add(content) }
  const because = 'the content does not match its checksum'
  tables.spoil(id, because)
  return { kind: 'corrupt', because }
}

export const scan: Do<'scan'> = ({ tables }, { filter, after }) => {
  const entries: Page['entries'][number][] = []
  const next = each(candidates(tables.db, filter, after, step), (id) => {
    const message = readable(tables, id)
    if (message === 'corrupt') entries.push({ kind: 'corrupt', id, because: tables.whyCorrupt(id) })
    else if (message !== undefined && filterPasses(filter, message.facts, message.works))
      entries.push({ kind: 'message', row: message.row, works: message.rows })
  })
  return { entries, next }
}

interface Readable {
  readonly row: MessageRow
  readonly facts: MessageFacts
  readonly rows: readonly WorkRow[]
  readonly works: readonly Work[]
}

/** A message with all its work; `corrupt` when it is set aside, maybe just now; `undefined` when there is none. */
function readable(tables: Tables, id: string): Readable | 'corrupt' | undefined {
  if (tables.isCorrupt(id)) return 'corrupt'
  const row = tables.message(id)
  if (row === undefined) return undefined
  const facts = tables.factsOf(row)
  const rows = tables.workRows(id)
  const works = rows.map((work) => tables.workIn(work))
  return facts === undefined || works.includes(undefined) ? 'corrupt' : { row, facts, rows, works: works as Work[] }
}

export const change: Do<'change'> = ({ tables }, { filter, after, change: wish, now }) => {
  const progress: { readonly id: string; readonly recipients: number }[] = []
  const next = each(candidates(tables.db, filter, after, step), (id) => {
    const message = readable(tables, id)
    let recipients = 0
    // What cannot be read can only be thrown away, and only by its name.
    if (message === 'corrupt')
      recipients = filter.ids !== undefined && wish.kind === 'remove' ? tables.removeMessage(id) : 0
    else if (message !== undefined) recipients = changeMessage(tables, message, filter, wish, now)
    if (recipients > 0) progress.push({ id, recipients })
  })
  return { progress, next }
}

function changeMessage(
  tables: Tables,
  { facts, works }: Readable,
  filter: Filter,
  wish: Operations['change']['ask']['change'],
  now: number,
): number {
  if (!filterPassesMessage(filter, facts)) return 0
  const { id } = facts
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
      const present = tables.workOf(id, wish.destination)
      tables.putWork(id, present, joinWork(present, wish.destination, changed.moved, work), now)
    }
    tables.putWork(id, work, changed.work, now)
  }
  return applied
}

export const stats: Do<'stats'> = ({ tables }) => tables.stats

export const strangers: Do<'strangers'> = ({ tables }, { ids }) =>
  ids.filter((id) => tables.db.value<number>('SELECT filed FROM message WHERE id = ?', id) !== 1)

export const mend: Do<'mend'> = ({ tables }, { repair, now }) => {
  switch (repair.kind) {
    case 'set-aside':
      if (tables.message(repair.id) !== undefined || tables.workRows(repair.id).length > 0)
        tables.spoil(repair.id, repair.because)
      break
    case 'rows':
      tables.rewrite(repair.id, now)
      break
    case 'lane':
      tables.lanes.touch(repair)
      break
    case 'ledger':
      tables.correct(repair.add)
      break
    case 'indexes':
      tables.db.run('REINDEX')
      break
  }
  return null
}
