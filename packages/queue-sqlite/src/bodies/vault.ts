import { crc32 } from 'node:zlib'
import type { Instant, Random } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { isQueueId } from '@angarium/queue/lifecycle'
import type { BodyFiles, BodyWriter } from './files.ts'

const temporary = 'tmp-'
/** Files of contents that no message speaks of: `lost-`, the day they were found, the name they had. */
const lost = 'lost-'
const keepLostDays = 7

/** A content on its way to a file of its own. */
export interface Filing {
  /** Appends; one at a time. */
  write(octets: Uint8Array): Promise<void>
  /** Syncs the file, gives it the message's name, syncs the directory: then a row may speak of it. */
  finish(id: string): Promise<{ readonly size: number; readonly sum: number }>
  /** Forgets it. Never rejects. */
  discard(): Promise<void>
}

/** Contents that are files. After a failure nothing is filed before a file was written, synced and read back. */
export class Vault {
  readonly #files: BodyFiles
  readonly #random: Random
  #trusted = true
  /** Files being written. */
  readonly #open = new Set<BodyWriter>()
  /** Contents that have their name, and maybe no row yet that speaks of them. */
  readonly #named = new Set<string>()
  readonly #removals = new Set<Promise<void>>()
  /** How many want all contents to stay, and what goes after that. */
  #holds = 0
  readonly #held = new Set<string>()

  constructor(files: BodyFiles, random: Random) {
    this.#files = files
    this.#random = random
  }

  /** Throws away drafts cut off, and sets aside what no message speaks of. Foreign names are left alone. */
  async tidy(
    strangers: (ids: readonly string[]) => Promise<readonly string[]>,
    now: Instant,
  ): Promise<readonly string[]> {
    const names = await this.#files.list()
    for (const name of names) if (name.startsWith(temporary) || isOldLoss(name, now)) await this.#files.remove(name)
    const found = await strangers(names.filter((name) => isQueueId(name)))
    await this.lose(found, now)
    return found
  }

  /** Names of contents, and of those set aside. */
  async names(): Promise<{ readonly contents: readonly string[]; readonly lost: readonly string[] }> {
    const names = await this.#files.list()
    return { contents: names.filter((name) => isQueueId(name)), lost: names.filter((name) => name.startsWith(lost)) }
  }

  /**
   * Sets files aside that no message speaks of. Nobody is owed them, unless the database was replaced by an older one:
   * then they are the only trace of mail that was accepted. So they stay for a week.
   */
  async lose(ids: readonly string[], now: Instant): Promise<void> {
    for (const id of ids) await this.#files.rename(id, `${lost}${day(now)}-${id}`)
    if (ids.length > 0) await this.#files.syncDirectory()
  }

  async begin(): Promise<Filing> {
    if (!this.#trusted) await this.#verify()
    const name = this.#temporaryName()
    // Nothing is written yet: to fail here, for want of descriptors or of room, says nothing of what is.
    const writer = await this.#files.create(name).catch((error: unknown) => {
      throw diskFailed('write', error)
    })
    let size = 0
    let sum = 0
    this.#open.add(writer)
    const closeOnce = async (): Promise<void> => {
      if (this.#open.delete(writer)) await writer.close()
    }
    return {
      write: (octets) => {
        size += octets.length
        sum = crc32(octets, sum)
        return this.#guard('write', () => writer.write(octets))
      },
      finish: (id) =>
        this.#guard('commit', async () => {
          this.#named.add(id)
          await writer.sync()
          // Some systems tell of a failed write only here.
          await closeOnce()
          await this.#files.rename(name, id)
          await this.#files.syncDirectory()
          return { size, sum }
        }),
      discard: async () => {
        try {
          await closeOnce()
          await this.#files.remove(name)
        } catch {
          // The next start finds it.
        }
      },
    }
  }

  /** Gives up all that is being written; what it left is found at the next start. Waits for removals. Never rejects. */
  async close(): Promise<void> {
    const open = [...this.#open]
    this.#open.clear()
    await Promise.allSettled(open.map((writer) => writer.close()))
    await Promise.all(this.#removals)
    await this.#files.close?.().catch(() => undefined)
  }

  /** The row is there that speaks of it, or never will be. */
  spoken(id: string): void {
    this.#named.delete(id)
  }

  /** Whether a content has a reason to be there without a message. */
  isBusy(id: string): boolean {
    return this.#named.has(id) || this.#held.has(id)
  }

  /** Removes the content of a message that is gone. Never rejects: what stays behind is found at the next start. */
  async remove(id: string): Promise<void> {
    if (this.#holds > 0) {
      this.#held.add(id)
      return
    }
    const removal = this.#files.remove(id).catch(() => undefined)
    this.#removals.add(removal)
    await removal
    this.#removals.delete(removal)
  }

  /** From when this resolves no content is removed until the answer is called. */
  async hold(): Promise<() => void> {
    this.#holds++
    await Promise.all(this.#removals)
    return () => {
      if (--this.#holds > 0) return
      for (const id of this.#held) void this.remove(id)
      this.#held.clear()
    }
  }

  /** Streams a content, and fails at its end rather than let a changed one pass. */
  async *read(id: string, size: number, sum: number): AsyncGenerator<Uint8Array> {
    const found = await this.#guard('read', () => this.#files.size(id))
    if (found !== size)
      throw corrupt(
        id,
        found === undefined ? 'the content file is missing' : `the content file has ${found} octets, not ${size}`,
      )
    let actual = 0
    let seen = 0
    let held: Uint8Array | undefined
    const chunks = this.#files.read(id)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await this.#guard('read', () => chunks.next())
        if (next.done === true) break
        // One chunk stays behind until the verdict: nobody takes the whole for good before.
        if (held !== undefined) yield held
        held = next.value
        actual = crc32(next.value, actual)
        seen += next.value.length
      }
    } finally {
      await chunks.return?.()
    }
    if (seen !== size || actual !== sum) throw corrupt(id, 'the content does not match its checksum')
    if (held !== undefined) yield held
  }

  async #verify(): Promise<void> {
    const name = this.#temporaryName()
    const probe = this.#random.bytes(4_096)
    await this.#guard('write', async () => {
      const writer: BodyWriter = await this.#files.create(name)
      await writer.write(probe)
      await writer.sync()
      await writer.close()
      let sum = 0
      for await (const chunk of this.#files.read(name)) sum = crc32(chunk, sum)
      await this.#files.remove(name)
      if (sum !== crc32(probe)) throw new Error('a file did not read back as written')
    })
    this.#trusted = true
  }

  async #guard<T>(operation: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (operation !== 'read') this.#trusted = false
      throw diskFailed(operation, error)
    }
  }

  #temporaryName(): string {
    let name = temporary
    for (const octet of this.#random.bytes(12)) name += octet.toString(16).padStart(2, '0')
    return name
  }
}

function day(now: Instant): string {
  return new Date(now).toISOString().slice(0, 10).replaceAll('-', '')
}

function isOldLoss(name: string, now: Instant): boolean {
  return name.startsWith(lost) && name.slice(lost.length, lost.length + 8) < day(now - keepLostDays * 86_400_000)
}

/** What a failed file operation is thrown as. */
export function diskFailed(operation: string, cause: unknown): QueueError<'QUEUE_STORE_FAILED'> {
  const { code } = cause as { readonly code?: unknown }
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const crowded = code === 'EMFILE' || code === 'ENFILE'
  const text = full ? 'the disk is full' : crowded ? 'too many files are open' : 'the disk failed'
  return new QueueError('QUEUE_STORE_FAILED', `${operation}: ${text}`, { operation, ...(full && { full }) }, { cause })
}

function corrupt(id: string, because: string): QueueError<'QUEUE_CORRUPT'> {
  return new QueueError('QUEUE_CORRUPT', `message ${id}: ${because}`, { id, because })
}
