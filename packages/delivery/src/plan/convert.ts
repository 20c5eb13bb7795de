import { type Obstacle, type Reencoding, reencode, type Signature } from '@angarium/imf-parser/transfer'

/** Content converted for hosts that take less. */
export interface Conversion {
  readonly kind: 'converted'
  readonly to: '8bit' | '7bit'
  readonly content: Uint8Array
  /** Signatures that hold no longer, as the log and a report name them: bounded, remote text. */
  readonly breaks: readonly string[]
}

/** Content that cannot be converted, and why, in a few words. */
export interface Inconvertible {
  readonly kind: 'inconvertible'
  readonly because: string
}

/**
 * Converts a content, which is held in memory for that.
 *
 * What is signed or encrypted by its sender stays as it is, since nobody on the way may alter it (RFC 1847, 2.1); DKIM and
 * ARC signatures break, and are named.
 *
 * @param size octets of the content
 * @param lines lines of any length go on as they came
 * @rfc 6152 3
 * @rfc 3030 3
 */
export async function convertContent(
  content: AsyncIterable<Uint8Array>,
  size: number,
  to: '8bit' | '7bit',
  lines: boolean,
): Promise<Conversion | Inconvertible> {
  const result = reencode(await whole(content, size), to, lines ? { lineOctets: Number.POSITIVE_INFINITY } : {})
  return result.kind === 'done' ? converted(result, to) : { kind: 'inconvertible', because: obstacles[result.because] }
}

function converted({ pieces, octets, breaks }: Extract<Reencoding, { kind: 'done' }>, to: '8bit' | '7bit'): Conversion {
  // One buffer: the content it was made from is let go of, and no piece becomes a chunk of its own.
  const content = new Uint8Array(octets)
  let length = 0
  for (const piece of pieces) {
    content.set(piece, length)
    length += piece.length
  }
  return { kind: 'converted', to, content, breaks: breaks.slice(0, MOST_SIGNATURES).map(nameOfSignature) }
}

function nameOfSignature(signature: Signature): string {
  const { kind, part } = signature
  const name = 'domain' in signature ? `d=${signature.domain} s=${signature.selector}` : signature.protocol
  return `${kind} ${name.slice(0, MOST_NAME)}${part === '' ? '' : ` (part ${part})`}`
}

async function whole(content: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const octets = new Uint8Array(size)
  let length = 0
  for await (const chunk of content) {
    octets.set(chunk, length)
    length += chunk.length
  }
  return octets.subarray(0, length)
}

const obstacles: Readonly<Record<Obstacle, string>> = {
  'eight-bit-header': 'its header is not ASCII',
  'binary-header': 'its header is no text',
  sealed: 'it is signed or encrypted as a whole, and would be damaged',
  composite: 'it holds what must not be encoded',
  encoding: 'it is not encoded as it says',
  delimiter: 'its parts are told apart by what is not ASCII',
  'too-deep': 'its parts are nested too deep',
  'too-many-parts': 'it has too many parts',
  'header-too-long': 'its header is too long',
  'too-many-fields': 'its header has too many fields',
}
const MOST_SIGNATURES = 16
const MOST_NAME = 256
