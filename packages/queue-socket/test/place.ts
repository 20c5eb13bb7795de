import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Accepted, CommitOptions, Envelope, Log, QueueStore } from '@angarium/queue'
import { createMemoryStore } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { afterEach } from 'vitest'
import type { QueueClientOptions, QueueOwner, QueueOwnerOptions } from '../src/index.ts'
import { connectQueue, serveQueue } from '../src/index.ts'

const cleanups: (() => unknown)[] = []

/** Runs after the test, whatever happens; the last one first. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A fresh directory, gone after the test. */
export function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'queue-'))
  afterwards(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A store in memory, open. */
export async function memoryStore(): Promise<QueueStore> {
  const store = createMemoryStore({ clock: createManualClock(), random: createSeededRandom() })
  await store.open()
  return store
}

export async function served(options: QueueOwnerOptions): Promise<QueueOwner> {
  const owner = await serveQueue(options)
  afterwards(() => owner.close())
  return owner
}

export async function connected(path: string, options: Partial<QueueClientOptions> = {}): Promise<QueueStore> {
  const store = connectQueue({ path, ...options })
  afterwards(() => store.close())
  await store.open()
  return store
}

/** A log, and its warnings as they came. */
export function recordingLog(): { readonly log: Log; readonly events: readonly string[] } {
  const events: string[] = []
  const add = (event: string, { because = '' }: Readonly<Record<string, unknown>>): void => {
    events.push(`${event} ${because}`.trim())
  }
  return { events, log: { info: add, warn: add } }
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
  for (let left = size; left > 0; left -= 50_000) await draft.write(new Uint8Array(Math.min(left, 50_000)).fill(65))
  return draft.commit(envelopeTo('a.example'), options)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
