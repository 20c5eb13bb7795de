import { readHeader } from '../src/index.ts'
import { sectionOf } from '../src/mime/section.ts'
import { readStructure, structureLimits } from '../src/mime/structure.ts'
import { characters, octets } from './rig.ts'

/** Decoders for what the encoders write, and for what real mail holds; written for the tests alone. */
export function decodeQuotedPrintable(encoded: Uint8Array): Uint8Array {
  const text = characters(encoded)
    .replace(/[ \t]+(?=\r\n|$)/g, '')
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return octets(text)
}

export function decodeBase64(encoded: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.from(characters(encoded).replace(/[^A-Za-z0-9+/]/g, ''), 'base64'))
}

/** The parts of a message with their bodies decoded, which no re-encoding may change. */
export function decodedParts(content: Uint8Array): unknown[] {
  const { entities, fault } = readStructure(content, structureLimits)
  if (fault !== undefined) throw new Error(fault)
  return entities.map((entity) => {
    const { form, type, typed, encoding, start, headerEnd, bodyStart, end } = entity
    const header = readHeader(content.subarray(start, headerEnd))
    const body = content.subarray(bodyStart, end)
    const labels = ['content-transfer-encoding', 'mime-version', 'content-type']
    const decoded = {
      'quoted-printable': decodeQuotedPrintable,
      base64: decodeBase64,
    }[encoding as string]
    return {
      part: sectionOf(entity),
      type: `${type.type}/${type.subtype}`,
      charset: typed ? type.parameters.get('charset') : 'unknown-8bit',
      header: header.pieces
        .filter((piece) => piece.kind === 'irregular' || !labels.some((label) => piece.is(label)))
        .map((piece) => characters(piece.raw)),
      body: form === 'leaf' ? characters(decoded?.(body) ?? body) : undefined,
    }
  })
}
