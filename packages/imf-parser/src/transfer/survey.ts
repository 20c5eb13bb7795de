import { isGlobal } from '../mime/content-type.ts'
import { isIdentity } from '../mime/entity.ts'
import { type StructureFault, type StructureLimits, StructureScanner, structureLimits } from '../mime/structure.ts'
import { type ContentDomain, LINE_OCTETS, OctetScan } from './domain.ts'

/** Finds out what content asks of the hosts it is sent to, while it streams through. */
export interface ContentSurvey {
  /** Looks at the next octets of the content, and keeps none but those of a header that is not over. */
  push(octets: Uint8Array): void
  /** What was found, once the content is over. */
  finish(): ContentTraits
}

/** What content asks of the hosts it is sent to. */
export interface ContentTraits {
  /** All there are. */
  readonly octets: number
  /** Offset of the body's first octet; undefined when no empty line ends the header. */
  readonly bodyStart: number | undefined
  /** Of header and body, with lines of 998 octets: `8bit` also where only a header has UTF-8. @rfc 2045 6.2 */
  readonly domain: ContentDomain
  /** The message's own header has octets above 127, and goes by SMTPUTF8 only. @rfc 6532 3.2 */
  readonly eightBitHeader: boolean
  /** The same of the header of a part, of an attached message, or of a part of one. @rfc 6532 3.7 */
  readonly eightBitPartHeader: boolean
  /** There are octets above 127 behind the message's own header. */
  readonly eightBitBody: boolean
  /** There is a `message/global` or one of its kin that is not encoded. @rfc 6532 3.7 @rfc 6533 4.1 */
  readonly bareGlobal: boolean
  /** There is a NUL. */
  readonly nul: boolean
  /** There is a CR without LF behind it. */
  readonly bareCr: boolean
  /** There is a LF without CR before it. */
  readonly bareLf: boolean
  /** Octets of the longest line, without its line end. */
  readonly longestLine: number
  /** The limit met, when one was: headers behind it were not told from bodies. */
  readonly fault: StructureFault | undefined
}

/**
 * Begins to survey content: one pass over its octets, and one over the line starts of multiparts. Headers of parts are
 * seen as deep and as many as the limits let. What looks like one in an encoded body or a `message/global` is none.
 *
 * @rfc 6531 3.6
 */
export function createContentSurvey(limits: StructureLimits = structureLimits): ContentSurvey {
  const scan = new OctetScan()
  const structure = new StructureScanner(limits)
  return {
    push(octets) {
      scan.push(octets)
      structure.push(octets)
    },
    finish() {
      const { octets, bodyStart, eightBitHeader, eightBitBody, nul, bareCr, bareLf, longestLine } = scan.finish()
      const { entities, fault } = structure.finish()
      return {
        octets,
        bodyStart,
        domain: scan.domain(LINE_OCTETS),
        eightBitHeader,
        eightBitPartHeader: entities.some((entity) => entity.parent !== undefined && entity.eightBitHeader),
        eightBitBody,
        bareGlobal: entities.some(({ type, encoding }) => isGlobal(type) && isIdentity(encoding)),
        nul,
        bareCr,
        bareLf,
        longestLine,
        fault,
      }
    },
  }
}
