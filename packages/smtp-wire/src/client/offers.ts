import { isKeyword } from '../command/parameters.ts'
import type { Offers } from '../extension/types.ts'
import { asciiUpper } from '../octets.ts'
import type { Reply } from '../reply/reply.ts'

/** Nothing offered: before any hello, and after HELO. */
export const noOffers: Offers = new Map()

/**
 * Reads what a reply to EHLO or LHLO offers: one keyword a line behind the first, and its arguments. A line that is no
 * keyword offers nothing; of two lines with the same keyword the first holds.
 *
 * ```abnf
 * ehlo-line    = ehlo-keyword *( SP ehlo-param )
 * ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * ```
 * @rfc 5321 4.1.1.1
 */
export function readOffers(reply: Reply): Offers {
  const offers = new Map<string, readonly string[]>()
  for (const line of reply.text.slice(1)) {
    const [word = '', ...rest] = line.split(' ')
    const keyword = asciiUpper(word)
    if (isKeyword(keyword) && !offers.has(keyword))
      offers.set(
        keyword,
        rest.filter((argument) => argument !== ''),
      )
  }
  return offers
}
