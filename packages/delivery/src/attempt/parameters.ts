import type { EnvelopeParameter } from '@angarium/queue'
import type { AnyExtension, Offers } from '@angarium/smtp-wire'

/** Which extension each parameter belongs to: parameter keyword to EHLO keyword. */
export interface ParameterOwners {
  readonly mail: ReadonlyMap<string, string>
  readonly rcpt: ReadonlyMap<string, string>
}

/** Indexes extensions by their parameters. */
export function parameterOwners(extensions: readonly AnyExtension[]): ParameterOwners {
  const index = (side: 'mail' | 'rcpt'): ReadonlyMap<string, string> =>
    new Map(extensions.flatMap((extension) => Object.keys(extension[side]).map((key) => [key, extension.keyword])))
  return { mail: index('mail'), rcpt: index('rcpt') }
}

/**
 * The parameters of an envelope that this server has announced it understands. The others end here, and so do those that
 * describe the content: the extensions describe it anew, by what is known of it.
 *
 * @rfc 3461 5.2
 */
export function carried(
  parameters: readonly EnvelopeParameter[],
  owners: ReadonlyMap<string, string>,
  offers: Offers,
): readonly EnvelopeParameter[] {
  return parameters.filter(([keyword]) => {
    const owner = owners.get(keyword)
    return owner !== undefined && offers.has(owner) && !describing.has(keyword)
  })
}

/** Whether the sender said that the content has octets above 127; `undefined`: it did not say. @rfc 6152 3 */
export function declaredEightBit(parameters: readonly EnvelopeParameter[]): boolean | undefined {
  const body = parameters.find(([keyword]) => keyword === 'BODY')?.[1]
  return body === undefined ? undefined : !/^7bit$/i.test(body)
}

/** A server told BODY=7BIT may clear the high bit of what is sent nevertheless, so an unchecked word is not passed on. */
const describing: ReadonlySet<string> = new Set(['BODY', 'SIZE'])
