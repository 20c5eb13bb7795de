import type { Field, HeaderPiece } from './field.ts'
import { type HeaderLimits, headerLimits } from './limits.ts'
import { createHeaderScanner, type HeaderEnd, type HeaderFault } from './scanner.ts'

/** A whole header. */
export interface Header {
  /** Every piece in order, fields and others; their `raw` joined are the octets from 0 to `end.at`. */
  readonly pieces: readonly HeaderPiece[]
  /** The pieces that are fields. */
  readonly fields: readonly Field[]
  /** How the header ended: at an empty line, with the content, or at a limit. */
  readonly end: HeaderEnd | HeaderFault
  /** The first field of a name, whatever the case of A-Z. */
  first(name: string): Field | undefined
  /** All fields of a name, in order. */
  all(name: string): readonly Field[]
}

/** Frames the header at the start of `content`. Fields are views into it. @rfc 5322 2.2 */
export function readHeader(content: Uint8Array, limits: HeaderLimits = headerLimits): Header {
  const scanner = createHeaderScanner(limits)
  scanner.feed(content)
  scanner.finish()
  const pieces: HeaderPiece[] = []
  const fields: Field[] = []
  for (;;) {
    const step = scanner.next()
    if (step.kind === 'field') fields.push(step)
    if (step.kind === 'field' || step.kind === 'irregular') pieces.push(step)
    else if (step.kind !== 'need-more')
      return {
        pieces,
        fields,
        end: step,
        first: (name) => fields.find((field) => field.is(name)),
        all: (name) => fields.filter((field) => field.is(name)),
      }
  }
}
