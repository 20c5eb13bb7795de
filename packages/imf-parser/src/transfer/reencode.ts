import { type Header, readHeader } from '../header/header.ts'
import { type ContentType, isGlobal } from '../mime/content-type.ts'
import { type Entity, isIdentity, isSeal } from '../mime/entity.ts'
import { isMessage, messageSectionOf, sectionOf } from '../mime/section.ts'
import { readStructure, type StructureFault, type StructureLimits, structureLimits } from '../mime/structure.ts'
import { encodeUtf8 } from '../octets.ts'
import { fits, LINE_OCTETS, OctetScan, scanOctets } from './domain.ts'
import { encodeBody } from './encode.ts'
import { headerSignatures, type Signature } from './signature.ts'
import { Splice } from './splice.ts'

/** How a message may be changed. */
export interface ReencodeOptions {
  /**
   * What becomes of a `multipart/signed` or `multipart/encrypted` in which something would have to be encoded. `keep`,
   * the default, leaves it alone, as RFC 1847 has it: the message cannot be sent. `break` encodes it, and tells. DKIM and
   * ARC leave no such choice: what they sign may be encoded on the way.
   *
   * @rfc 1847 2.1
   * @rfc 6376 5.3
   */
  readonly sealed?: 'keep' | 'break'
  /** Octets of a line, without its CRLF, that the next host takes. Default: 998. `Infinity`: long lines are left. */
  readonly lineOctets?: number
  /** How far the message is looked into. One that goes beyond, and does not fit, is not changed. */
  readonly limits?: StructureLimits
}

/** A message for a host that takes less, or why there is none. */
export type Reencoding =
  | {
      readonly kind: 'done'
      /** The new content: views of the old, which must not be written over meanwhile, and new octets between them. */
      readonly pieces: readonly Uint8Array[]
      /** Octets in all the pieces. */
      readonly octets: number
      /** In the order of the parts; empty when the content is sent as it is. */
      readonly changes: readonly Change[]
      /** Signatures that verify no longer, if they did. */
      readonly breaks: readonly Signature[]
    }
  | {
      readonly kind: 'impossible'
      readonly because: Obstacle
      /** Where, as in {@link Change.part}. */
      readonly part: string
    }

/** What became of a part. */
export interface Change {
  /**
   * The number by which IMAP names it: '2.1' is the first part of the second, '1' the body of a message that is no
   * multipart. '' is the message itself, and the multipart that is its body.
   */
  readonly part: string
  /** The body was encoded, or what no reader may look at was taken out. */
  readonly change: 'quoted-printable' | 'base64' | 'preamble-dropped' | 'epilogue-dropped'
}

/** Why a message cannot be brought into a form that the next host takes. */
export type Obstacle =
  /** A header has octets above 127: the message needs SMTPUTF8, and header fields are not changed (RFC 6532, 3.7). */
  | 'eight-bit-header'
  /** A header has NUL, CR or LF alone, or a line too long. */
  | 'binary-header'
  /** What would have to be encoded is in a `multipart/signed` or `multipart/encrypted`. */
  | 'sealed'
  /** What would have to be encoded is a multipart without parts, or a `message` other than RFC 6532 has (RFC 2045, 6.4). */
  | 'composite'
  /** It is labelled as encoded, in a way that has no such octets, or that is not known. */
  | 'encoding'
  /** The line of a delimiter ends with LF alone, or is too long. */
  | 'delimiter'
  | StructureFault

/**
 * Brings a message into a form for a host without BINARYMIME (`to` 8bit) or without 8BITMIME (`to` 7bit), by encoding the
 * parts that ask for more. Decoding gives what they were, octet for octet. Their labels, and those of the multiparts and
 * messages around them, are corrected; MIME-Version, and a Content-Type with the charset `unknown-8bit`, are added where
 * missing. Preambles and epilogues, which readers ignore, are dropped when they do not fit. All other octets stay, and
 * are not copied; content that fits already comes back as it is.
 *
 * Takes the whole content, and makes the encoded parts beside it: how large it may be is the caller's to decide. Time is
 * linear in it.
 *
 * @rfc 6152 3
 * @rfc 3030 3
 * @rfc 2045 6.4
 * @rfc 1428 3
 */
export function reencode(content: Uint8Array, to: '8bit' | '7bit', options: ReencodeOptions = {}): Reencoding {
  return new Plan(content, to, options).run()
}

class Plan {
  readonly #content: Uint8Array
  readonly #to: '8bit' | '7bit'
  readonly #keepsSeals: boolean
  readonly #lineOctets: number
  readonly #limits: StructureLimits
  readonly #splice: Splice
  readonly #changes: Change[] = []
  /** Entities with something changed in them. */
  readonly #touched = new Set<Entity>()
  readonly #encodings = new Map<Entity, 'quoted-printable' | 'base64'>()

  constructor(content: Uint8Array, to: '8bit' | '7bit', options: ReencodeOptions) {
    this.#content = content
    this.#to = to
    this.#keepsSeals = options.sealed !== 'break'
    this.#lineOctets = options.lineOctets ?? LINE_OCTETS
    this.#limits = options.limits ?? structureLimits
    this.#splice = new Splice(content)
  }

  run(): Reencoding {
    const content = this.#content
    if (this.#fits(scanOctets(content, 0, content.length))) return done([content], [], [])
    const { entities, fault } = readStructure(content, this.#limits)
    if (fault !== undefined) return impossible(fault, '')
    for (const entity of entities) {
      const header = this.#judgeHeader(entity)
      if (header !== undefined)
        return impossible(header, isMessage(entity) ? messageSectionOf(entity) : sectionOf(entity))
      const body = this.#changeBody(entity)
      if (body !== undefined) return impossible(body, sectionOf(entity))
    }
    const breaks = entities.flatMap((entity) => (this.#touched.has(entity) ? this.#relabel(entity) : []))
    const pieces = this.#splice.pieces()
    const scan = new OctetScan()
    for (const piece of pieces) scan.push(piece)
    return this.#fits(scan.finish()) ? done(pieces, this.#changes, breaks) : impossible('delimiter', '')
  }

  #fits(scan: OctetScan): boolean {
    return fits(scan.domain(this.#lineOctets), this.#to)
  }

  #scan(from: number, to: number): OctetScan {
    return scanOctets(this.#content, from, to)
  }

  #judgeHeader({ start, bodyStart }: Entity): Obstacle | undefined {
    const header = this.#scan(start, bodyStart)
    if (this.#fits(header)) return undefined
    return this.#to === '7bit' && header.eightBit ? 'eight-bit-header' : 'binary-header'
  }

  /** Changes what must be, or tells why it cannot. */
  #changeBody(entity: Entity): Obstacle | undefined {
    if (entity.form === 'leaf') return this.#encode(entity)
    return entity.form === 'multipart' ? this.#clear(entity) : undefined
  }

  #encode(leaf: Entity): Obstacle | undefined {
    const { bodyStart, end, type } = leaf
    const scan = this.#scan(bodyStart, end)
    if (this.#fits(scan)) return undefined
    if (leaf.sealed && this.#keepsSeals) return 'sealed'
    if (!isIdentity(leaf.encoding)) return 'encoding'
    if (!mayBeEncoded(type)) return 'composite'
    const body = this.#content.subarray(bodyStart, end)
    const { encoding, octets } = encodeBody(body, scan, type.type === 'text', end === this.#content.length)
    this.#change(leaf, encoding, bodyStart, end, octets)
    return undefined
  }

  /** Takes out what stands before the first part and behind the last, where it does not fit. @rfc 2046 5.1.1 */
  #clear(multipart: Entity): Obstacle | undefined {
    const { bodyStart, firstDelimiter = bodyStart, end, epilogue = end, parts } = multipart
    if (parts.length === 0) return this.#fits(this.#scan(bodyStart, end)) ? undefined : 'composite'
    const preambleFits = this.#fits(this.#scan(bodyStart, firstDelimiter))
    const epilogueFits = epilogue >= end || this.#fits(this.#scan(epilogue, end))
    if (preambleFits && epilogueFits) return undefined
    if ((multipart.sealed || isSeal(multipart)) && this.#keepsSeals) return 'sealed'
    if (!preambleFits) this.#change(multipart, 'preamble-dropped', bodyStart, firstDelimiter, nothing)
    if (!epilogueFits) this.#change(multipart, 'epilogue-dropped', epilogue, end, nothing)
    return undefined
  }

  #change(entity: Entity, change: Change['change'], start: number, end: number, by: Uint8Array): void {
    this.#splice.replace(start, end, by)
    this.#changes.push({ part: sectionOf(entity), change })
    if (change === 'quoted-printable' || change === 'base64') this.#encodings.set(entity, change)
    for (let at: Entity | undefined = entity; at !== undefined && !this.#touched.has(at); at = at.parent)
      this.#touched.add(at)
  }

  /** Mends the header of an entity with something changed in it; answers with the signatures that this breaks. */
  #relabel(entity: Entity): Signature[] {
    const { start, headerEnd } = entity
    const header = readHeader(this.#content.subarray(start, headerEnd), this.#limits.header)
    let lines = ''
    if (isMessage(entity) && header.first('mime-version') === undefined) lines += 'MIME-Version: 1.0\r\n'
    const encoded = this.#encodings.get(entity)
    if (encoded !== undefined && !entity.typed && this.#scan(entity.bodyStart, entity.end).eightBit)
      lines += 'Content-Type: text/plain; charset=unknown-8bit\r\n'
    const label = encoded ?? (isIdentity(entity.encoding) && !fits(entity.encoding, this.#to) ? this.#to : undefined)
    if (label !== undefined) {
      const line = `Content-Transfer-Encoding: ${label}\r\n`
      const [first, ...others] = header.all('content-transfer-encoding')
      if (first === undefined) lines += line
      else this.#splice.replace(start + first.start, start + first.end, encodeUtf8(line))
      for (const other of others) this.#splice.replace(start + other.start, start + other.end, nothing)
    }
    if (lines !== '') this.#splice.replace(headerEnd, headerEnd, encodeUtf8(lines))
    return signaturesOf(entity, header)
  }
}

function signaturesOf(entity: Entity, header: Header): Signature[] {
  const signatures = isMessage(entity) ? headerSignatures(header, messageSectionOf(entity)) : []
  if (isSeal(entity)) {
    const { subtype, parameters } = entity.type
    const kind = subtype === 'signed' ? subtype : 'encrypted'
    signatures.push({ kind, part: sectionOf(entity), protocol: parameters.get('protocol') ?? '' })
  }
  return signatures
}

/** @rfc 2045 6.4 @rfc 6532 3.5 */
const mayBeEncoded = (type: ContentType): boolean =>
  type.type !== 'multipart' && (type.type !== 'message' || isGlobal(type))

function done(pieces: readonly Uint8Array[], changes: readonly Change[], breaks: readonly Signature[]): Reencoding {
  return { kind: 'done', pieces, octets: pieces.reduce((sum, piece) => sum + piece.length, 0), changes, breaks }
}

const impossible = (because: Obstacle, part: string): Reencoding => ({ kind: 'impossible', because, part })

const nothing = new Uint8Array(0)
