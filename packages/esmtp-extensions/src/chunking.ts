import { asciiUpper, defineExtension, type Extension, reply, type VerbEffect } from '@angarium/smtp-wire'

/**
 * Content in chunks that say how long they are: BDAT beside DATA.
 *
 * ```abnf
 * bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CRLF
 * chunk-size = 1*DIGIT                                      ; here up to 20
 * end-marker = "LAST"
 * ```
 * Adds nothing to command lines. The octets of a chunk follow its line at once and are nobody's lines: a server swallows
 * those of a chunk it refuses, and after a failed chunk refuses all until RSET; one transaction has chunks or DATA, never
 * both. Where the keyword is offered, a client session sends content by BDAT; elsewhere by DATA, and nothing is lost but
 * binary content (see BINARYMIME).
 *
 * A size above 2^53 - 1 counts as that: more than any server here accepts, and more than any connection carries.
 *
 * @rfc 3030 2
 */
export const chunking: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'chunking',
  rfc: 3030,
  keyword: 'CHUNKING',
  switches: { chunking: true },
  verbs: { BDAT: { phases: ['rcpt', 'chunking'], barrier: false, syntax: 'BDAT <size> [LAST]', run: readChunk } },
})

function readChunk(argument: string): VerbEffect {
  const [, size, marker] = /^([0-9]{1,20})(?: +([A-Za-z]+))?$/.exec(argument) ?? []
  if (size === undefined || (marker !== undefined && asciiUpper(marker) !== 'LAST'))
    return { kind: 'reply', reply: reply(501, '5.4', 'BDAT takes a number of octets, and LAST behind the last chunk') }
  return { kind: 'chunk', octets: Math.min(Number(size), Number.MAX_SAFE_INTEGER), last: marker !== undefined }
}
