import * as registered from '@angarium/esmtp-extensions'
import { type Contribution, createAddressMatcher } from '@angarium/reception'
import type { AnyExtension, SessionContext } from '@angarium/smtp-wire'
import * as station from '@angarium/station'
import type { Configuration } from '../config/schema.ts'

/** What an MTA offers to clients and uses with servers, in the order of its EHLO reply. */
export function extensionsOf(
  { extensions, proxies }: Configuration,
  contributions: readonly Contribution[],
): readonly AnyExtension[] {
  return station.extensionsOf({
    settings: extensions,
    own: [
      ...(extensions.etrn.length > 0 ? [registered.etrn] : []),
      ...(extensions.verify ? [registered.vrfy] : []),
      ...(proxies.xclient.length > 0 ? [registered.xclient(peerIn(proxies.xclient))] : []),
      ...(proxies.xforward.length > 0 ? [registered.xforward(peerIn(proxies.xforward))] : []),
    ],
    contributions,
  })
}

function peerIn(ranges: readonly string[]): (context: Pick<SessionContext, 'peer'>) => boolean {
  const matches = createAddressMatcher(ranges)
  return ({ peer }) => peer !== undefined && matches(peer)
}
