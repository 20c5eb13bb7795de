import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { QueueId } from '@angarium/queue'
import { workOf } from '@angarium/queue/lifecycle'
import { afterEach, vi } from 'vitest'
import { Engine } from '../src/database/engine.ts'
import { messageRow, workRow } from '../src/database/rows.ts'
import type { Ask, Outcome } from '../src/thread/protocol.ts'
import { envelopeTo } from './place.ts'

const engines: Engine[] = []

afterEach(() => {
  vi.restoreAllMocks()
  for (const engine of engines.splice(0)) engine.close()
})

/** The engine of a queue, closed after the test. */
export function engineIn(directory: string, maxOctets?: number): Engine {
  const engine = new Engine({
    path: join(directory, 'queue.sqlite'),
    now: 1,
    holdAfter: 3,
    spacing: 1_000,
    keepKeysMs: 1_000_000,
    maxOctets,
  })
  engines.push(engine)
  return engine
}

let serial = 0

/** One message for `a.example`. */
export function commitOf(size: number, key?: string): { readonly ask: Ask; readonly content: Uint8Array } {
  const id = String(serial++).padStart(22, '0')
  const content = new Uint8Array(size).fill(66)
  const facts = { id: id as QueueId, acceptedAt: 1, size, priority: 0, sender: 'b', reversePath: 'a@b', parameters: [] }
  const works = workOf(envelopeTo('a.example'), {}, 1).map((work) => workRow(id, work))
  const message = { row: messageRow(facts, crc32(content), false), works, at: 0, length: size }
  return { ask: { op: 'commit', message, key, now: 1 }, content }
}

/** One commit in a batch of its own, with other questions beside it. */
export function commit(engine: Engine, now: number, size = 100, key?: string, ...beside: Ask[]): readonly Outcome[] {
  const { ask, content } = commitOf(size, key)
  return engine.handle({ now, asks: [ask, ...beside], contents: content.slice() }).outcomes
}

type Call = (this: StatementSync, ...values: unknown[]) => unknown

/** Has a look at each call of one of a statement's methods. */
export function watch(name: 'run' | 'get' | 'all', look: (sql: string, call: () => unknown) => unknown): void {
  const real = StatementSync.prototype[name] as unknown as Call
  const watched: Call = function (...values) {
    return look(this.sourceSQL, () => real.apply(this, values))
  }
  vi.spyOn(StatementSync.prototype, name).mockImplementation(watched as never)
}
