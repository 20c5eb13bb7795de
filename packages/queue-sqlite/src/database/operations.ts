import { crc32 } from 'node:zlib'
import type { QueueId, Settlement } from '@angarium/queue'
import type { Work } from '@angarium/queue/lifecycle'
import { abandonWork, dueAt, leaseWork, planSettlements } from '@angarium/queue/lifecycle'
import type { LeasedRow, NewMessage, Operations } from '../thread/protocol.ts'
import type { Contents } from './contents.ts'
import { workRow } from './rows.ts'
import type { StoredMessage, Tables } from './tables.ts'

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
    const known = tables.db.get('SELECT id FROM key WHERE name = ?', key)?.id
    if (known !== undefined) return { known: String(known) }
    tables.db.run('INSERT INTO key VALUES (?, ?, ?)', key, message.row.id, now)
  }
  insert(scene, message)
  return { known: undefined }
}

function insert({ tables, given }: Scene, { row, works, at, length }: NewMessage): void {
  tables.insertMessage(row, row.filed === 1 ? null : given.subarray(at, at + length), works)
}

export const due: Do<'due'> = ({ tables: { lanes } }, { limit, now }) => {
  lanes.sweep(now)
  return lanes.due(limit, now)
}

export const lease: Do<'lease'> = (scene, { destination, holder, until, limit, level, now }) => {
  const { tables } = scene
  tables.lanes.sweep(now)
  const leased: LeasedRow[] = []
  while (leased.length < limit) {
    // What is set aside or was abandoned too often is no longer due, hence in rounds.
    const found = tables.lanes.first(destination, level, limit - leased.length, now)
    if (found.length === 0) break
    for (const at of found) {
      const { content, ...message } = tables.messageAt(at)
      if (message.filed === 0 && crc32(content ?? '') !== message.sum) {
        tables.spoil(message, 'the content does not match its checksum')
        continue
      }
      const work = handOut(tables, message, destination, holder, until, now)
      if (work === undefined) continue
      const { seq: _, sum: __, filed, ...row } = message
      const body = filed === 1 ? undefined : scene.contents.add(content ?? new Uint8Array(0))
      leased.push({ row, work: workRow(message.id, work), body })
    }
  }
  return leased
}

function handOut(
  tables: Tables,
  message: StoredMessage,
  destination: string,
  holder: string,
  until: number,
  now: number,
): Work | undefined {
  const work = tables.factsOf(message) && tables.workOf(message, destination)
  if (work === undefined) return undefined
  const free = abandonWork(work, now, tables.policy)
  const leased = leaseWork(free, holder, until, now)
  tables.putWork(message, work, leased ?? free)
  return leased
}

export const extend: Do<'extend'> = ({ tables }, { leases, until }) => {
  const kept: number[] = []
  for (const [at, { id, destination, fence }] of leases.entries()) {
    const message = tables.message(id)
    const row = message && tables.workRow(message.seq, destination)
    if (message === undefined || row === undefined || row.until === null || row.fence !== fence) continue
    tables.db.run(
      'UPDATE work SET until = ?, due = NULL WHERE message = ? AND destination = ?',
      until,
      message.seq,
      destination,
    )
    if (row.due !== null) tables.lanes.touch(row)
    kept.push(at)
  }
  return kept
}

export const settle: Do<'settle'> = (scene, { orders, now }) => {
  const { tables } = scene
  const loaded = new Map<string, { readonly message: StoredMessage; readonly work: Work }>()
  const load = ({ id, destination }: { readonly id: string; readonly destination: string }): Work | undefined => {
    const message = tables.message(id)
    const work = message && tables.workOf(message, destination)
    if (message === undefined || work === undefined) return undefined
    loaded.set(`${id} ${destination}`, { message, work })
    return work
  }
  const settlements = orders.map(
    ({ lease: { id, destination, fence }, recipients }): Settlement => ({
      lease: { id: id as QueueId, destination, fence },
      recipients,
    }),
  )
  let more = false
  const settled = planSettlements(settlements, load, now).map(({ settlement, work }, at) => {
    const before = loaded.get(`${settlement.lease.id} ${settlement.lease.destination}`)
    if (work === 'stale' || before === undefined) return false
    tables.putWork(before.message, before.work, work)
    const next = dueAt(work)
    for (const message of orders[at]?.spawn ?? []) {
      insert(scene, message)
      more = true
    }
    more ||= next !== undefined && next <= now
    return true
  })
  return { settled, more }
}
