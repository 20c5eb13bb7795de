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
    tables.run(
      'DELETE FROM key WHERE name IN (SELECT name FROM key WHERE at <= ? ORDER BY at LIMIT 20)',
      now - keepKeysMs,
    )
    const known = tables.get('SELECT id FROM key WHERE name = ?', key)?.id
    if (known !== undefined) return { known: String(known) }
    tables.run('INSERT INTO key VALUES (?, ?, ?)', key, message.row.id, now)
  }
  insert(scene, message)
  return { known: undefined }
}

function insert({ tables, given }: Scene, { row, works, at, length }: NewMessage): void {
  tables.insertMessage(row, row.filed === 1 ? null : given.subarray(at, at + length), works)
}

export const due: Do<'due'> = ({ tables }, { limit, now }) => {
  sweep(tables, now)
  tables.tellDestinations()
  const rows = tables.all('SELECT name, due FROM destination WHERE due <= ? ORDER BY due LIMIT ?', now, limit + 1)
  const destinations = rows
    .slice(0, limit)
    .map(({ name, due: since }) => ({ destination: name as string, since: since as number }))
  if (rows.length > limit) return { destinations, next: now }
  const next = tables.get('SELECT min(due) AS due FROM destination WHERE due > ?', now)?.due as number | null
  const until = tables.get('SELECT min(until) AS until FROM work WHERE until > ?', now)?.until as number | null
  const first = Math.min(next ?? Infinity, until ?? Infinity)
  return { destinations, next: first === Infinity ? undefined : first }
}

/** Leases that have run out make their work due again; the lease itself stays on it until somebody takes it. */
function sweep(tables: Tables, now: number): void {
  const found = tables.all(
    'SELECT DISTINCT destination FROM work WHERE until <= ? AND due IS NULL AND message NOT IN (SELECT message FROM corrupt)',
    now,
  )
  if (found.length === 0) return
  tables.run(
    'UPDATE work SET due = until WHERE until <= ? AND due IS NULL AND message NOT IN (SELECT message FROM corrupt)',
    now,
  )
  for (const { destination } of found) tables.touch(destination as string)
}

export const lease: Do<'lease'> = (scene, { destination, holder, until, limit, now }) => {
  const { tables } = scene
  sweep(tables, now)
  const leased: LeasedRow[] = []
  while (leased.length < limit) {
    // What is set aside or was abandoned too often is no longer due, hence in rounds.
    const rows = tables.all(
      `SELECT m.seq, m.id, m.accepted, m.size, m.facts, m.facts_sum AS factsSum, m.sum, m.filed, m.content
       FROM work AS w JOIN message AS m ON m.seq = w.message
       WHERE w.destination = ? AND w.due <= ? ORDER BY w.due, w.message LIMIT ?`,
      ...[destination, now, limit - leased.length],
    ) as unknown as (StoredMessage & { readonly content: Uint8Array | null })[]
    if (rows.length === 0) break
    for (const { content, ...message } of rows) {
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
    tables.run(
      'UPDATE work SET until = ?, due = NULL WHERE message = ? AND destination = ?',
      until,
      message.seq,
      destination,
    )
    if (row.due !== null) tables.touch(destination)
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
