import { type AnyExtension, pass, type SessionContext } from '../extension/types.ts'
import { type Reply, reply } from '../reply/reply.ts'

/** What a hello granted: the extensions that hold until the next one, and what they switch on. */
export interface Grant {
  readonly offered: ReadonlySet<AnyExtension>
  readonly keywords: ReadonlySet<string>
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
  keywords: new Set(),
  pipelining: false,
  utf8: false,
  judgesOfMail: [],
  judgesOfRcpt: [],
  judgesOfData: [],
}

/** A grant, and the reply that says so. Shared by the sessions that were told the same. */
export interface Granted {
  readonly reply: Reply<250>
  readonly grant: Grant
}

/**
 * Answers EHLO or LHLO. The keywords are those whose extension offers itself in this context, and whose requirements
 * are offered too.
 *
 * @rfc 5321 4.1.1.1
 */
export function grantHello(hostname: string, extensions: readonly AnyExtension[], context: SessionContext): Granted {
  const offers = collectOffers(extensions, context)
  const lines = [hostname]
  for (const [{ keyword }, offer] of offers) lines.push(offer.length === 0 ? keyword : `${keyword} ${offer.join(' ')}`)
  // A keyword belongs to one extension of a list: the same lines are the same extensions.
  const text = lines.join('\n')
  const known = recent.get(extensions) ?? new Map<string, Granted>()
  let granted = known.get(text)
  if (granted === undefined) {
    granted = { reply: reply(250, undefined, ...lines), grant: grantOf([...offers.keys()]) }
    if (known.size >= RECENT) known.clear()
    recent.set(extensions, known.set(text, granted))
  }
  return granted
}

/** Sessions differ by little: by whether TLS is up, by who has authenticated. */
const recent = new WeakMap<readonly AnyExtension[], Map<string, Granted>>()
const RECENT = 16

function grantOf(offered: readonly AnyExtension[]): Grant {
  return {
    offered: new Set(offered),
    keywords: new Set(offered.map(({ keyword }) => keyword)),
    pipelining: offered.some(({ switches }) => switches.pipelining === true),
    utf8: offered.some(({ switches }) => switches.utf8 === true),
    judgesOfMail: offered.filter(({ onMail }) => onMail !== pass),
    judgesOfRcpt: offered.filter(({ onRcpt }) => onRcpt !== pass),
    judgesOfData: offered.filter(({ onDataStart }) => onDataStart !== pass),
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
