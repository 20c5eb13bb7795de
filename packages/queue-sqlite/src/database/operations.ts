import { crc32 } from 'node:zlib'
import type { QueueId, Settlement } from '@angarium/queue'
import type { MessageFacts, Work } from '@angarium/queue/lifecycle'
import { abandonWork, dueAt, leaseWork, planSettlements } from '@angarium/queue/lifecycle'
import type { LeasedRow, NewMessage, Operations } from '../thread/protocol.ts'
import type { Contents } from './contents.ts'
import type { MessageRow } from './rows.ts'
import { workRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** What operations work on, within one transaction. */
export interface Scene {
  readonly tables: Tables
  /** Contents that came with the batch. */
  readonly given: Uint8Array
  /** Contents that go back. */
  readonly contents: Contents
  readonly keepKeysMs: number
}

type Do<O extends keyof Operations> = (scene: Scene, ask: Operations[O]['ask']) => Operations[O]['answer']

export const commit: Do<'commit'> = (scene, { message, key, now }) => {
  const { tables, keepKeysMs } = scene
  if (key !== undefined) {
    // A few at a time: never a long transaction because many keys grew old together.
    tables.db.run(
      'DELETE FROM key WHERE name IN (SELECT name FROM key WHERE at <= ? ORDER BY at LIMIT 20)',
      now - keepKeysMs,
    )
    const known = tables.db.value<string>('SELECT id FROM key WHERE name = ?', key)
    if (known !== undefined) return known
    tables.db.run('INSERT INTO key VALUES (?, ?, ?)', key, message.row[0], now)
  }
  insert(scene, message, now)
  return undefined
}

function insert({ tables, given }: Scene, { row, works, at, length }: NewMessage, now: number): void {
  const filed = row[6] === 1
  tables.insertMessage(row, filed ? null : given.subarray(at, at + length), works, now)
}

export const due: Do<'due'> = ({ tables: { lanes } }, { limit, now }) => {
  lanes.sweep(now)
  return lanes.due(limit, now)
}

export const lease: Do<'lease'> = (scene, { destination, holder, until, limit, level, now }) => {
  const { tables } = scene
  tables.lanes.sweep(now)
  const leased: LeasedRow[] = []
  // Of a list that was damaged something may not go away: it is passed over.
  const stuck = new Set<string>()
  while (leased.length < limit) {
    // What is set aside or was abandoned too often is no longer due, hence in rounds.
    const wanted = limit - leased.length
    const found = tables.lanes.first(destination, level, wanted + stuck.size, now).filter((id) => !stuck.has(id))
    if (found.length === 0) break
    for (const id of found.slice(0, wanted)) {
      const message = readable(tables, id)
      const work = message && handOut(tables, id, destination, holder, until, now)
      if (work === undefined) {
        stuck.add(id)
        continue
      }
      const body = message?.content === undefined ? undefined : scene.contents.add(message.content)
      leased.push({ row: message?.row as MessageRow, work: workRow(id, work), body })
    }
  }
  return leased
}

/** A message whose envelope and content are as they were written; else it is set aside. */
function readable(
  tables: Tables,
  id: string,
): { readonly row: MessageRow; readonly facts: MessageFacts; readonly content: Uint8Array | undefined } | undefined {
  const found = tables.whole(id)
  if (found === undefined) {
    tables.spoil(id, 'the message is missing')
    return undefined
  }
  const row = found.slice(0, 7) as unknown as MessageRow
  const [, , , , , sum, filed] = row
  const content = filed === 1 ? undefined : (found[7] ?? new Uint8Array(0))
  if (content !== undefined && crc32(content) !== sum) {
    tables.spoil(id, 'the content does not match its checksum')
    return undefined
  }
  const facts = tables.factsOf(row)
  return facts && { row, facts, content }
}

function handOut(
  tables: Tables,
  id: string,
  destination: string,
  holder: string,
  until: number,
  now: number,
): Work | undefined {
  const work = tables.workOf(id, destination)
  if (work === undefined) return undefined
  const free = abandonWork(work, now, tables.policy)
  const leased = leaseWork(free, holder, until, now)
  tables.putWork(id, work, leased ?? free, now)
  return leased
}

export const extend: Do<'extend'> = ({ tables }, { leases, until }) => {
  const kept: number[] = []
  const look =
    'SELECT priority, due FROM work WHERE message = ? AND destination = ? AND fence = ? AND until IS NOT NULL'
  for (const [at, { id, destination, fence }] of leases.entries()) {
    const found = tables.db.row<[number, number | null]>(look, id, destination, fence)
    if (found === undefined) continue
    tables.db.run('UPDATE work SET until = ?, due = NULL WHERE message = ? AND destination = ?', until, id, destination)
    tables.lanes.ends(until)
    const [priority, due] = found
    if (due !== null) tables.lanes.touch({ destination, priority })
    kept.push(at)
  }
  return kept
}

export const settle: Do<'settle'> = (scene, { orders, now }) => {
  const { tables } = scene
  const loaded = new Map<string, Work>()
  const load = ({ id, destination }: { readonly id: string; readonly destination: string }): Work | undefined => {
    const work = tables.workOf(id, destination)
    if (work !== undefined) loaded.set(`${id} ${destination}`, work)
    return work
  }
  const settlements = orders.map(
    ({ lease: { id, destination, fence }, recipients, abandoned }): Settlement => ({
      lease: { id: id as QueueId, destination, fence },
      recipients,
      ...(abandoned && { abandoned }),
    }),
  )
  let more = false
  const settled = planSettlements(settlements, load, now, tables.policy).map(
    ({ settlement: { lease: of }, work }, at) => {
      const before = loaded.get(`${of.id} ${of.destination}`)
      if (work === 'stale' || before === undefined) return false
      tables.putWork(of.id, before, work, now)
      const next = dueAt(work)
      for (const message of orders[at]?.spawn ?? []) {
        insert(scene, message, now)
        more = true
      }
      more ||= next !== undefined && next <= now
      return true
    },
  )
  return { settled, more }
}
