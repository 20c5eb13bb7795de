import { crc32 } from 'node:zlib'
import type { Instant, QueueId, Spawn } from '@angarium/queue'
import { accept } from './accept.ts'
import type { Vault } from './bodies/vault.ts'
import type { NewMessage } from './thread/protocol.ts'

/** The reports that some settlements spawn, made ready for the database. */
export class Reports {
  /** Contents that go along with the question, in the order of the messages. */
  readonly contents: Uint8Array[] = []
  readonly #vault: Vault
  readonly #bodyInRow: number
  readonly #filed: string[] = []
  #octets = 0

  constructor(vault: Vault, bodyInRow: number) {
    this.#vault = vault
    this.#bodyInRow = bodyInRow
  }

  /** Makes one ready; a large content is in its file when this resolves. */
  async add(id: QueueId, { envelope, content, options = {} }: Spawn, now: Instant): Promise<NewMessage> {
    const filed = content.length > this.#bodyInRow
    const at = this.#octets
    if (filed) await this.#file(id, content)
    else {
      this.contents.push(content)
      this.#octets += content.length
    }
    const size = content.length
    const { rows } = accept(id, envelope, options, { size, sum: crc32(content), filed }, now)
    return { ...rows, at, length: filed ? 0 : size }
  }

  /** Removes the files of those that were not stored. */
  async discard(stored: ReadonlySet<string> = new Set()): Promise<void> {
    for (const id of this.#filed) if (!stored.has(id)) await this.#vault.remove(id)
  }

  /** All that was stored has its row, or never will. */
  over(): void {
    for (const id of this.#filed) this.#vault.spoken(id)
  }

  async #file(id: QueueId, content: Uint8Array): Promise<void> {
    const filing = await this.#vault.begin()
    // Before the rest: it may fail with the file already under its name.
    this.#filed.push(id)
    try {
      await filing.write(content)
      await filing.finish(id)
    } catch (error) {
      await filing.discard()
      throw error
    }
  }
}
