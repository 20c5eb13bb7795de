import { auth, futureRelease } from '@angarium/esmtp-extensions'
import type { Clock } from '@angarium/queue'
import type { Contribution } from '@angarium/reception'
import type { SaslServer } from '@angarium/sasl'
import type { AnyExtension, SessionContext } from '@angarium/smtp-wire'
import * as station from '@angarium/station'
import type { Configuration } from '../config/schema.ts'

/** What a submission server offers to clients and uses with servers, in the order of its EHLO reply. */
export function extensionsOf(
  { extensions }: Pick<Configuration, 'extensions'>,
  contributions: readonly Contribution[],
  clock: Pick<Clock, 'now'>,
  sasl: Pick<SaslServer, 'offer'>,
): readonly AnyExtension[] {
  const { hold } = extensions
  const allows = ({ identity }: SessionContext): boolean => identity !== undefined
  return station.extensionsOf({
    settings: extensions,
    own: [
      auth(({ tls }) => (tls === 'active' ? sasl.offer({ encrypted: true }) : [])),
      ...(hold > 0 ? [futureRelease({ maximum: Math.floor(hold / 1000), now: () => clock.now(), allows })] : []),
    ],
    contributions,
  })
}
