import { type BareLineEnd, bareLineEnd, LineCheck } from '../content/lines.ts'
import { DataEncoder } from '../content/stuff.ts'
import { encodeUtf8 } from '../octets.ts'

/** How the content of a transaction goes out. What is put is sent before the next is put. */
export interface ContentOutput {
  /** Octets to send before others; kept ones leave by the next call of any kind. */
  put(octets: Uint8Array): readonly Uint8Array[]
  /** What is kept and must leave now. */
  flush(): readonly Uint8Array[]
  /** The end. */
  end(): readonly Uint8Array[]
}

/** Behind DATA: dot-stuffed. @rfc 5321 4.1.1.4 */
export class DataOutput implements ContentOutput {
  readonly #encoder: DataEncoder = new DataEncoder()

  /** @throws WireError BARE_LINE_END */
  put(octets: Uint8Array): readonly Uint8Array[] {
    return this.#encoder.encode(octets)
  }

  flush(): readonly Uint8Array[] {
    return []
  }

  /** @throws WireError BARE_LINE_END */
  end(): readonly Uint8Array[] {
    return [this.#encoder.end()]
  }
}

/**
 * By BDAT: as it is. A piece is kept until something follows, so that the last one can say LAST.
 *
 * @rfc 3030 2
 */
export class ChunkOutput implements ContentOutput {
  /** Of content that must be lines. */
  readonly #lines: LineCheck | undefined
  readonly #onChunk: () => void
  #kept: Uint8Array | undefined

  /**
   * @param binary any octets may come
   * @param onChunk a chunk leaves that is not the last: a reply to it is due
   */
  constructor(binary: boolean, onChunk: () => void) {
    this.#lines = binary ? undefined : new LineCheck()
    this.#onChunk = onChunk
  }

  /** @throws WireError BARE_LINE_END */
  put(octets: Uint8Array): readonly Uint8Array[] {
    refuse(this.#lines?.take(octets))
    const before = this.flush()
    if (octets.length > 0) this.#kept = octets
    return before
  }

  flush(): readonly Uint8Array[] {
    const kept = this.#kept
    if (kept === undefined) return []
    this.#kept = undefined
    this.#onChunk()
    return [encodeUtf8(`BDAT ${kept.length}\r\n`), kept]
  }

  /** @throws WireError BARE_LINE_END */
  end(): readonly Uint8Array[] {
    refuse(this.#lines?.end())
    const kept = this.#kept
    this.#kept = undefined
    const command = encodeUtf8(`BDAT ${kept?.length ?? 0} LAST\r\n`)
    return kept === undefined ? [command] : [command, kept]
  }
}

function refuse(found: BareLineEnd | undefined): void {
  if (found !== undefined) throw bareLineEnd(found.at)
}
