import * as registered from '@angarium/esmtp-extensions'
import type { Clock } from '@angarium/queue'
import { type Contribution, createAddressMatcher } from '@angarium/reception'
import type { AnyExtension, SessionContext } from '@angarium/smtp-wire'
import type { Configuration } from '../config/schema.ts'

/**
 * What this host offers to clients and uses with servers, in the order of its EHLO reply. Each is wired to its end: what
 * is only a grammar is not among them.
 */
export function extensionsOf(
  config: Configuration,
  contributions: readonly Contribution[],
  clock: Clock,
): readonly AnyExtension[] {
  const { extensions, proxies, relayFor } = config
  const isFriend = peerIn(relayFor)
  const own: readonly AnyExtension[] = [
    registered.size,
    registered.eightBitMime,
    registered.binaryMime,
    registered.chunking,
    registered.pipelining,
    registered.enhancedStatusCodes,
    registered.dsn,
    registered.smtpUtf8,
    registered.deliverBy(Math.ceil(extensions.deliverByMinimum / 1000)),
    registered.mtPriority(),
    registered.rrvs,
    registered.requireTls,
    registered.limits,
    ...(extensions.hold > 0
      ? [
          registered.futureRelease({
            maximum: Math.floor(extensions.hold / 1000),
            now: () => clock.now(),
            allows: (context) => context.identity !== undefined || isFriend(context),
          }),
        ]
      : []),
    ...(extensions.etrn.length > 0 ? [registered.etrn] : []),
    ...(extensions.verify ? [registered.vrfy] : []),
    registered.help,
    registered.startTls,
    ...(proxies.xclient.length > 0 ? [registered.xclient(peerIn(proxies.xclient))] : []),
    ...(proxies.xforward.length > 0 ? [registered.xforward(peerIn(proxies.xforward))] : []),
  ]
  return [...leaveOut(own, extensions.without), ...contributions.flatMap((contribution) => contribution.extensions)]
}

/** What requires one that is left out goes with it. */
function leaveOut(list: readonly AnyExtension[], keywords: readonly string[]): readonly AnyExtension[] {
  const gone = new Set(keywords)
  for (const { keyword, requires } of list)
    if (requires.some((need) => typeof need === 'string' && gone.has(need))) gone.add(keyword)
  return gone.size === keywords.length ? list.filter(({ keyword }) => !gone.has(keyword)) : leaveOut(list, [...gone])
}

function peerIn(ranges: readonly string[]): (context: Pick<SessionContext, 'peer'>) => boolean {
  const matches = createAddressMatcher(ranges)
  return ({ peer }) => peer !== undefined && matches(peer)
}
