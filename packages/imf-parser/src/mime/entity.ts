import type { Field } from '../header/field.ts'
import type { Header } from '../header/header.ts'
import { type ContentType, parseContentType, parseToken } from './content-type.ts'

/** A message, or a part of one, by offsets into the content. */
export interface Entity {
  /** The multipart this is a part of, or the entity whose body this message is; undefined for the message itself. */
  readonly parent: Entity | undefined
  /** Which of its parent's parts it is, from 0. */
  readonly index: number
  /** `multipart`: has parts. `message`: its one part is a message. `leaf`: the body is not looked into. */
  readonly form: 'multipart' | 'message' | 'leaf'
  /** The type, or what holds in its absence. */
  readonly type: ContentType
  readonly encoding: TransferEncoding
  /** Whether a field named the type; one that cannot be read counts. */
  readonly typed: boolean
  /** Stands within a `multipart/signed` or `multipart/encrypted`. @rfc 1847 2.1 */
  readonly sealed: boolean
  /** Whether the header has an octet above 127. */
  readonly eightBitHeader: boolean
  readonly parts: readonly Entity[]
  /** The header's first octet. */
  readonly start: number
  /** Behind the last field: the empty line, or what stands in its place. */
  readonly headerEnd: number
  readonly bodyStart: number
  /** Behind the body; the line end before a delimiter belongs to the delimiter. */
  readonly end: number
  /** Of a multipart: the first delimiter, which ends the preamble. */
  readonly firstDelimiter: number | undefined
  /** Of a multipart: behind the closing delimiter's line. */
  readonly epilogue: number | undefined
}

/** How a body is encoded: a domain where it is not. `other`: a word RFC 2045 does not have. @rfc 2045 6.1 */
export type TransferEncoding = '7bit' | '8bit' | 'binary' | 'quoted-printable' | 'base64' | 'other'

/** An entity while it is looked for. */
export interface OpenEntity extends Entity {
  readonly parts: OpenEntity[]
  end: number
  firstDelimiter: number | undefined
  epilogue: number | undefined
}

/** Where an entity was found. */
export interface EntityPlace {
  readonly parent: OpenEntity | undefined
  readonly start: number
  readonly headerEnd: number
  readonly bodyStart: number
}

/** Tells from its header what an entity is, and adds it to its parent. */
export function openEntity(header: Header, eightBitHeader: boolean, place: EntityPlace): OpenEntity {
  const { parent } = place
  const typeField = header.first('content-type')
  const type = readType(typeField) ?? defaultType(parent)
  const encoding = transferEncoding(header.first('content-transfer-encoding')?.text)
  const entity: OpenEntity = {
    ...place,
    index: parent?.parts.length ?? 0,
    form: formOf(type, encoding),
    type,
    encoding,
    typed: typeField !== undefined,
    sealed: parent !== undefined && (parent.sealed || isSeal(parent)),
    eightBitHeader,
    parts: [],
    end: place.bodyStart,
    firstDelimiter: undefined,
    epilogue: undefined,
  }
  parent?.parts.push(entity)
  return entity
}

/** Whether signatures, or an encryption, hold what is in it. */
export const isSeal = ({ form, type: { subtype } }: Entity): boolean =>
  form === 'multipart' && (subtype === 'signed' || subtype === 'encrypted')

/** Whether the body stands there as it is. */
export const isIdentity = (encoding: TransferEncoding): encoding is '7bit' | '8bit' | 'binary' =>
  encoding === '7bit' || encoding === '8bit' || encoding === 'binary'

/** The delimiter without its dashes; '' where the type has none that could be one. @rfc 2046 5.1.1 */
export function boundaryOf(type: ContentType): string {
  const boundary = type.parameters.get('boundary')?.trimEnd() ?? ''
  return boundary.length <= BOUNDARY_LENGTH ? boundary : ''
}

const readType = (field: Field | undefined): ContentType | undefined =>
  field === undefined || field.raw.length > TYPE_OCTETS ? undefined : parseContentType(field.text)

/** What an entity is whose header does not say, or not so that it can be read. @rfc 2045 5.2 @rfc 2046 5.1.5 */
const defaultType = (parent: Entity | undefined): ContentType =>
  parent?.form === 'multipart' && parent.type.subtype === 'digest' ? MESSAGE : TEXT

/** A `message/global` may be encoded whole, so it is a leaf. @rfc 6532 3.5 */
function formOf(type: ContentType, encoding: TransferEncoding): Entity['form'] {
  if (!isIdentity(encoding)) return 'leaf'
  if (type.type === 'multipart' && boundaryOf(type) !== '') return 'multipart'
  return type.type === 'message' && type.subtype === 'rfc822' ? 'message' : 'leaf'
}

function transferEncoding(text: string | undefined): TransferEncoding {
  const token = text === undefined ? '' : parseToken(text)
  if (token === '') return '7bit'
  return ENCODINGS.find((one) => one === token) ?? 'other'
}

/** Types are kept for every entity, so a field that is longer counts as one that cannot be read. */
const TYPE_OCTETS = 16_384
const ENCODINGS = ['7bit', '8bit', 'binary', 'quoted-printable', 'base64'] as const
const TEXT: ContentType = { type: 'text', subtype: 'plain', parameters: new Map() }
const MESSAGE: ContentType = { type: 'message', subtype: 'rfc822', parameters: new Map() }

/** RFC 2046 has 70; what fits into a line of a header is understood. */
export const BOUNDARY_LENGTH = 998
