import { crc32 } from 'node:zlib'
import type { Random } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { isQueueId } from '@angarium/queue/lifecycle'
import type { BodyFiles, BodyWriter } from './files.ts'

const temporary = 'tmp-'

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

  constructor(files: BodyFiles, random: Random) {
    this.#files = files
    this.#random = random
  }

  /** Throws away what no message speaks of: drafts cut off, messages that are gone. Foreign names are left alone. */
  async tidy(strangers: (ids: readonly string[]) => Promise<readonly string[]>): Promise<void> {
    const names = await this.#files.list()
    const ids = names.filter((name) => isQueueId(name))
    const drop = [...names.filter((name) => name.startsWith(temporary)), ...(await strangers(ids))]
    for (const name of drop) await this.#files.remove(name)
  }

  async begin(): Promise<Filing> {
    if (!this.#trusted) await this.#verify()
    const name = this.#temporaryName()
    const writer = await this.#guard('write', () => this.#files.create(name))
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

  /** Gives up all that is being written; what it left is found at the next start. Never rejects. */
  async close(): Promise<void> {
    const open = [...this.#open]
    this.#open.clear()
    await Promise.allSettled(open.map((writer) => writer.close()))
  }

  /** Removes the content of a message that is gone. Never rejects: what stays behind is found at the next start. */
  async remove(id: string): Promise<void> {
    try {
      await this.#files.remove(id)
    } catch {
      // See above.
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
    for await (const chunk of this.#files.read(id)) {
      // One chunk stays behind until the verdict: nobody takes the whole for good before.
      if (held !== undefined) yield held
      held = chunk
      actual = crc32(chunk, actual)
      seen += chunk.length
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

/** What a failed file operation is thrown as. */
export function diskFailed(operation: string, cause: unknown): QueueError<'QUEUE_STORE_FAILED'> {
  const { code } = cause as { readonly code?: unknown }
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const text = full ? 'the disk is full' : 'the disk failed'
  return new QueueError('QUEUE_STORE_FAILED', `${operation}: ${text}`, { operation, ...(full && { full }) }, { cause })
}

function corrupt(id: string, because: string): QueueError<'QUEUE_CORRUPT'> {
  return new QueueError('QUEUE_CORRUPT', `message ${id}: ${because}`, { id, because })
}
