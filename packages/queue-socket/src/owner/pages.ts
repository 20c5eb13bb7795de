import type { CorruptEntry, Entry, Progress, QueueStore } from '@angarium/queue'
import { storeFailed } from '../wire/errors.ts'
import { object, optional, text, word } from '../wire/shape.ts'
import { change, filter, queueId } from '../wire/values.ts'

/** Items, and octets, after which a page is full. */
const pageItems = 100
const pageOctets = 262_144

/** Readings under way in one connection. */
const readings = 64

/** Some items in JSON or, of a content, the lengths of pieces that follow. */
export interface Page {
  readonly text: string
  readonly pieces: readonly Uint8Array[]
}

/** What is read page by page, as the guest asks for more: contents, scans, changes. */
export class Pages {
  readonly #store: QueueStore
  readonly #open = new Map<number, AsyncIterator<Uint8Array | Entry | CorruptEntry | Progress>>()

  constructor(store: QueueStore) {
    this.#store = store
  }

  /** The first page. @param number - names the reading from now on. */
  begin(number: number, value: unknown): Promise<Page> {
    if (this.#open.size >= readings) throw storeFailed('read', `${readings} readings are under way already`)
    this.#open.set(number, this.#start(value)[Symbol.asyncIterator]())
    return this.next(number)
  }

  /** The next page; of a reading that is over, an empty one. */
  async next(number: number): Promise<Page> {
    const items = this.#open.get(number)
    const pieces: Uint8Array[] = []
    const texts: string[] = []
    let octets = 0
    try {
      while (items !== undefined && octets < pageOctets && texts.length < pageItems) {
        const { done, value } = await items.next()
        if (done === true) {
          this.#open.delete(number)
          return { text: pageText(texts, true), pieces }
        }
        const isPiece = value instanceof Uint8Array
        if (isPiece) pieces.push(value)
        const text = isPiece ? String(value.length) : JSON.stringify(value)
        texts.push(text)
        octets += isPiece ? value.length : text.length
      }
    } catch (error) {
      this.#open.delete(number)
      throw error
    }
    return { text: pageText(texts, items === undefined), pieces }
  }

  stop(number: number): void {
    const items = this.#open.get(number)
    this.#open.delete(number)
    void items?.return?.()?.catch(() => undefined)
  }

  end(): void {
    for (const number of [...this.#open.keys()]) this.stop(number)
  }

  #start(value: unknown): AsyncIterable<Uint8Array | Entry | CorruptEntry | Progress> {
    const asked = object(value)
    switch (word('read', 'scan', 'change')(asked.op)) {
      case 'read':
        return this.#store.read(queueId(asked.id))
      case 'scan':
        return this.#store.scan(filter(asked.filter), optional(text)(asked.after))
      case 'change':
        return this.#store.change(filter(asked.filter), change(asked.change))
    }
  }
}

function pageText(items: readonly string[], last: boolean): string {
  return `{"last":${last},"items":[${items.join(',')}]}`
}
