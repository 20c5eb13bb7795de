import { type AnyExtension, pass, type SessionContext } from '../extension/types.ts'
import { type Reply, reply } from '../reply/reply.ts'

/** What a hello granted: the extensions that hold until the next one, and what they switch on. */
export interface Grant {
  readonly offered: ReadonlySet<AnyExtension>
  readonly pipelining: boolean
  readonly utf8: boolean
  /** Those of the offered that have such a hook, in the order of the list. */
  readonly judgesOfMail: readonly AnyExtension[]
  readonly judgesOfRcpt: readonly AnyExtension[]
  readonly judgesOfData: readonly AnyExtension[]
}

/** Nothing but RFC 5321's own commands: before any hello, and after HELO. */
export const noGrant: Grant = {
  offered: new Set(),
  pipelining: false,
  utf8: false,
  judgesOfMail: [],
  judgesOfRcpt: [],
  judgesOfData: [],
}

/** Of that. */
export const noKeywords: ReadonlySet<string> = new Set()

/**
 * Answers EHLO or LHLO. The keywords are those whose extension offers itself in this context, and whose requirements
 * are offered too.
 *
 * @rfc 5321 4.1.1.1
 */
export function grantHello(
  hostname: string,
  extensions: readonly AnyExtension[],
  context: SessionContext,
): { readonly reply: Reply<250>; readonly grant: Grant } {
  const offers = collectOffers(extensions, context)
  const lines = [hostname]
  for (const [{ keyword }, offer] of offers) lines.push(offer.length === 0 ? keyword : `${keyword} ${offer.join(' ')}`)
  const offered = [...offers.keys()]
  return {
    reply: reply(250, undefined, ...lines),
    grant: {
      offered: new Set(offered),
      pipelining: offered.some(({ switches }) => switches.pipelining === true),
      utf8: offered.some(({ switches }) => switches.utf8 === true),
      judgesOfMail: offered.filter(({ onMail }) => onMail !== pass),
      judgesOfRcpt: offered.filter(({ onRcpt }) => onRcpt !== pass),
      judgesOfData: offered.filter(({ onDataStart }) => onDataStart !== pass),
    },
  }
}

/** Answers HELO, which offers nothing. @rfc 5321 4.1.1.1 */
export const answerHelo = (hostname: string): Reply<250> => reply(250, undefined, hostname)

function collectOffers(
  extensions: readonly AnyExtension[],
  context: SessionContext,
): Map<AnyExtension, readonly string[]> {
  const offers = new Map<AnyExtension, readonly string[]>()
  for (const extension of extensions) {
    const offer = extension.ehlo(context)
    if (offer !== undefined) offers.set(extension, offer)
  }
  // What lost what it requires may be required itself.
  for (let before = -1; before !== offers.size; ) {
    before = offers.size
    const keywords = new Set([...offers.keys()].map(({ keyword }) => keyword))
    for (const extension of offers.keys()) if (!isMet(extension, keywords, context)) offers.delete(extension)
  }
  return offers
}

function isMet(extension: AnyExtension, keywords: ReadonlySet<string>, context: SessionContext): boolean {
  return extension.requires.every((need) => (typeof need === 'string' ? keywords.has(need) : context.tls === 'active'))
}
