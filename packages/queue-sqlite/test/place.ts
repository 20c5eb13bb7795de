import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Accepted, CommitOptions, Envelope, Log, QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { afterEach } from 'vitest'
import type { SqliteStore, SqliteStoreOptions } from '../src/index.ts'
import { createSqliteStore } from '../src/index.ts'

const places: string[] = []
const made: QueueStore[] = []

/** A fresh directory, gone after the test. */
export function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'queue-'))
  places.push(directory)
  return directory
}

/** A store that is closed after the test, whatever happens. */
export function storeIn(directory: string, options: Partial<SqliteStoreOptions> = {}): SqliteStore {
  const store = createSqliteStore({ directory, clock: createManualClock(), random: createSeededRandom(), ...options })
  made.push(store)
  return store
}

afterEach(async () => {
  for (const store of made.splice(0)) await store.close()
  for (const directory of places.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** A log, and its warnings as they came. */
export function recordingLog(): { readonly log: Log; readonly warnings: readonly unknown[] } {
  const warnings: unknown[] = []
  return { warnings, log: { info: () => undefined, warn: (event, fields) => warnings.push([event, fields]) } }
}

export function envelopeTo(...destinations: readonly string[]): Envelope {
  return {
    reversePath: 'sender@example.org',
    parameters: [],
    recipients: destinations.map((destination, index) => ({
      address: `r${index}@${destination}`,
      parameters: [],
      destination,
    })),
  }
}

export async function put(store: QueueStore, size: number, options?: CommitOptions): Promise<Accepted> {
  const draft = store.draft()
  try {
    for (let left = size; left > 0; left -= 50_000) await draft.write(new Uint8Array(Math.min(left, 50_000)).fill(65))
    return await draft.commit(envelopeTo('a.example'), options)
  } catch (error) {
    await draft.abort()
    throw error
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
