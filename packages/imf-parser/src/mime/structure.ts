import { readHeader } from '../header/header.ts'
import { type HeaderLimits, headerLimits } from '../header/limits.ts'
import { CR, decodeText, LF, SP, TAB } from '../octets.ts'
import { BOUNDARY_LENGTH, boundaryOf, type Entity, type EntityPlace, type OpenEntity, openEntity } from './entity.ts'

/** Bounds on how deep and how far a message is looked into. What lies beyond is not. */
export interface StructureLimits {
  /** Entities around an entity. */
  readonly depth: number
  /** Entities in all, the message included. */
  readonly parts: number
  /** For each header. */
  readonly header: HeaderLimits
}

/** What real messages stay within. */
export const structureLimits: StructureLimits = { depth: 100, parts: 1000, header: headerLimits }

/** Which limit was met. */
export type StructureFault = 'header-too-long' | 'too-many-fields' | 'too-deep' | 'too-many-parts'

/** The entities of a message. */
export interface Structure {
  /** In the order of their headers: the message itself is the first. */
  readonly entities: readonly Entity[]
  /** Why there may be more. */
  readonly fault: StructureFault | undefined
}

/** Finds the entities of a whole message. @rfc 2046 5.1 */
export function readStructure(content: Uint8Array, limits: StructureLimits): Structure {
  const scanner = new StructureScanner(limits)
  scanner.push(content)
  return scanner.finish()
}

/**
 * Finds the entities of a message that arrives in chunks. Keeps the header or the line start that a chunk's end cut, and
 * offsets. Looks at headers, at line starts within multiparts, and at nothing else.
 */
export class StructureScanner {
  readonly #limits: StructureLimits
  readonly #entities: OpenEntity[] = []
  /** The present entity and those around it, outermost first. */
  readonly #open: OpenEntity[] = []
  /** The multiparts whose delimiter may come, by their boundary; of those with the same, the innermost last. */
  readonly #boundaries = new Map<string, OpenEntity[]>()
  #fault: StructureFault | undefined
  /** Octets in the chunks before. */
  #offset = 0
  /** Where the header begins that is being read; undefined within a body. */
  #headerStart: number | undefined = 0
  /** Octets of that header, and of the present line, from the chunks before. */
  readonly #header = new Held()
  readonly #line = new Held()
  #lineStart = 0
  /** Where the line before ended, its line end not counted. */
  #lastLineEnd = 0
  #lastOctet = 0

  constructor(limits: StructureLimits) {
    this.#limits = limits
  }

  push(chunk: Uint8Array): void {
    /** Where in the chunk the header goes on, or begins. */
    let headerFrom = 0
    let at = 0
    while (!this.#isOver()) {
      const lf = chunk.indexOf(LF, at)
      if (lf === -1) break
      const inHeader = this.#headerStart !== undefined
      if (this.#line.length > 0 || (chunk[at] === DASH && chunk[at + 1] === DASH) || (inHeader && lf - at <= 1)) {
        const line = this.#line.joined(chunk.subarray(at, lf), DELIMITER_LENGTH + 1)
        const delimiter = this.#delimiter(line)
        if (delimiter !== undefined || (inHeader && isEmptyLine(line))) {
          const next = this.#offset + lf + 1
          if (delimiter === undefined) this.#endHeader(chunk.subarray(headerFrom, lf), next)
          else this.#delimit(delimiter, chunk.subarray(headerFrom, lf), next)
          headerFrom = lf + 1
        }
        this.#line.clear()
      }
      this.#lastLineEnd = this.#offset + lf - ((lf > 0 ? chunk[lf - 1] : this.#lastOctet) === CR ? 1 : 0)
      at = lf + 1
      this.#lineStart = this.#offset + at
    }
    if (!this.#isOver()) {
      this.#line.hold(chunk.subarray(at), DELIMITER_LENGTH + 1)
      if (this.#headerStart !== undefined) this.#header.hold(chunk.subarray(headerFrom), this.#limits.header.octets + 1)
      if (this.#header.length > this.#limits.header.octets) this.#fault = 'header-too-long'
    }
    this.#offset += chunk.length
    this.#lastOctet = chunk[chunk.length - 1] ?? this.#lastOctet
  }

  /** The content is over. */
  finish(): Structure {
    const delimiter = this.#isOver() ? undefined : this.#delimiter(this.#line.joined(nothing, DELIMITER_LENGTH + 1))
    if (delimiter !== undefined) this.#delimit(delimiter, nothing, this.#offset)
    this.#lineStart = this.#offset
    this.#endHeader(nothing, this.#offset)
    this.#closeTo(undefined, this.#offset)
    return { entities: this.#entities, fault: this.#fault }
  }

  /** Nothing that may come can change what is known but for the ends. */
  #isOver(): boolean {
    return this.#fault !== undefined || (this.#headerStart === undefined && this.#boundaries.size === 0)
  }

  #delimiter(line: Uint8Array): Delimiter | undefined {
    if (line[0] !== DASH || line[1] !== DASH || line.length > DELIMITER_LENGTH) return undefined
    let end = line.length
    if (line[end - 1] === CR) end -= 1
    while (line[end - 1] === SP || line[end - 1] === TAB) end -= 1
    const text = decodeText(line.subarray(2, end))
    const opens = this.#boundaries.get(text)?.at(-1)
    if (opens !== undefined) return { of: opens, closes: false }
    const closes = text.endsWith('--') ? this.#boundaries.get(text.slice(0, -2))?.at(-1) : undefined
    return closes && { of: closes, closes: true }
  }

  /**
   * The present line, an empty one, a delimiter, or the content's end, ends the header there may be. `last` is what is
   * not held of it, and may go on behind its end.
   */
  #endHeader(last: Uint8Array, bodyStart: number): void {
    const headerEnd = this.#lineStart
    const octets = this.#header.joined(last, this.#limits.header.octets + 1)
    this.#header.clear()
    while (this.#headerStart !== undefined && this.#fault === undefined) {
      const start = this.#headerStart
      this.#openEntity(octets.subarray(0, headerEnd - start), {
        parent: this.#open.at(-1),
        start,
        headerEnd,
        bodyStart,
      })
      // Behind an empty line a message goes on; one that begins where it ends is empty.
      if (bodyStart > headerEnd) return
    }
  }

  #openEntity(octets: Uint8Array, place: EntityPlace): void {
    const header = readHeader(octets, this.#limits.header)
    if (header.end.kind === 'fault') this.#fault = header.end.fault
    else if (this.#entities.length === this.#limits.parts) this.#fault = 'too-many-parts'
    else if (this.#open.length > this.#limits.depth) this.#fault = 'too-deep'
    else {
      const entity = openEntity(header, hasEightBit(octets), place)
      this.#entities.push(entity)
      this.#open.push(entity)
      this.#headerStart = entity.form === 'message' ? place.bodyStart : undefined
      if (entity.form !== 'multipart') return
      const boundary = boundaryOf(entity.type)
      const same = this.#boundaries.get(boundary)
      if (same === undefined) this.#boundaries.set(boundary, [entity])
      else same.push(entity)
    }
  }

  #delimit({ of, closes }: Delimiter, last: Uint8Array, lineEnd: number): void {
    this.#endHeader(last, this.#lineStart)
    this.#closeTo(of, this.#lastLineEnd)
    of.firstDelimiter ??= this.#lineStart
    this.#headerStart = closes ? undefined : lineEnd
    if (!closes) return
    this.#forget(of)
    of.epilogue = lineEnd
  }

  /** Closes all entities within this one. */
  #closeTo(outer: OpenEntity | undefined, end: number): void {
    for (let entity = this.#open.at(-1); entity !== undefined && entity !== outer; entity = this.#open.at(-1)) {
      entity.end = Math.max(end, entity.bodyStart)
      this.#open.pop()
      if (entity.form === 'multipart' && entity.epilogue === undefined) this.#forget(entity)
    }
  }

  #forget(multipart: OpenEntity): void {
    const boundary = boundaryOf(multipart.type)
    const same = this.#boundaries.get(boundary)
    same?.pop()
    if (same?.length === 0) this.#boundaries.delete(boundary)
  }
}

interface Delimiter {
  readonly of: OpenEntity
  readonly closes: boolean
}

/** Octets kept from chunk to chunk. */
class Held {
  #octets: Uint8Array = nothing
  length = 0

  /** Keeps a copy, but no more than `most` octets in all. */
  hold(octets: Uint8Array, most: number): void {
    const length = Math.min(this.length + octets.length, most)
    if (length > this.#octets.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#octets.length))
      larger.set(this.#octets.subarray(0, this.length))
      this.#octets = larger
    }
    this.#octets.set(octets.subarray(0, length - this.length), this.length)
    this.length = length
  }

  /** What is held and what follows it, as one: a view until the next call. */
  joined(octets: Uint8Array, most: number): Uint8Array {
    if (this.length === 0) return octets
    this.hold(octets, most)
    return this.#octets.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }
}

const isEmptyLine = (line: Uint8Array): boolean => line.length === 0 || (line.length === 1 && line[0] === CR)

function hasEightBit(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if ((octets[i] as number) > 0x7f) return true
  return false
}

const nothing = new Uint8Array(0)
const DASH = 0x2d
/** A longer line is no delimiter, whatever white space it ends with. */
const DELIMITER_LENGTH = BOUNDARY_LENGTH + 6
