import type { AnyExtension, BodyKind, Offers, Plan, TransactionWish } from '@angarium/smtp-wire'

/** What a session with a host lets through. */
export interface HostAbilities {
  readonly protocol: 'smtp' | 'lmtp'
  /** EHLO keywords that both sides know: offered, and of an extension in use here. */
  readonly keywords: ReadonlySet<string>
  /** Lines with octets above 127 may be sent; announced, or as an extension in use here dares to send them. */
  readonly eightBit: boolean
  /** Any octets may be sent, in chunks. @rfc 3030 3 */
  readonly binary: boolean
}

/**
 * Reads from its offers what a host takes. Whether 8-bit content may go to a host without 8BITMIME is asked of the extension
 * that owns BODY; where none is in use nobody cares, and content goes as it is.
 *
 * @param offers of the last hello
 * @param extensions in use by the session
 */
export function hostAbilities(
  offers: Offers,
  extensions: readonly AnyExtension[],
  protocol: 'smtp' | 'lmtp' = 'smtp',
): HostAbilities {
  const listed = extensions.filter(({ keyword }) => offers.has(keyword))
  const keywords = new Set(listed.map(({ keyword }) => keyword))
  const owner = extensions.find(({ mail }) => Object.hasOwn(mail, 'BODY'))
  const lets = (body: BodyKind): boolean => {
    const server = { offers, tls: false, lmtp: protocol === 'lmtp', authenticated: false }
    const plan: Plan | undefined = owner?.client?.plan({ ...emptyWish, body }, offers.get(owner.keyword), server)
    return plan?.kind !== 'veto'
  }
  return {
    protocol,
    keywords,
    eightBit: lets('8bit'),
    // A session sends chunks only in groups, and without them content is lines.
    binary:
      keywords.has('BINARYMIME') &&
      listed.some(({ switches }) => switches.chunking === true) &&
      listed.some(({ switches }) => switches.pipelining === true) &&
      lets('binary'),
  }
}

const emptyWish: Omit<TransactionWish, 'body'> = {
  reversePath: { kind: 'null' },
  parameters: {},
  recipients: [],
  size: undefined,
  utf8Header: undefined,
}
