import * as registered from '@angarium/esmtp-extensions'
import type { Contribution } from '@angarium/reception'
import type { AnyExtension } from '@angarium/smtp-wire'
import type { StationSettings } from './configuration/settings.ts'

/** What a server's list of extensions is made of. */
export interface ExtensionParts {
  readonly settings: StationSettings['extensions']
  /** Those of this kind of server. */
  readonly own: readonly AnyExtension[]
  readonly contributions: readonly Contribution[]
}

/**
 * What this host offers to clients and uses with servers, in the order of its EHLO reply. Each is wired to its end: what
 * is only a grammar is not among them.
 */
export function extensionsOf(parts: ExtensionParts): readonly AnyExtension[] {
  const { settings, own, contributions } = parts
  const all: readonly AnyExtension[] = [
    registered.size,
    registered.eightBitMime,
    registered.binaryMime,
    registered.chunking,
    registered.pipelining,
    registered.enhancedStatusCodes,
    registered.dsn,
    registered.smtpUtf8,
    registered.deliverBy(Math.ceil(settings.deliverByMinimum / 1000)),
    registered.mtPriority(),
    registered.rrvs,
    registered.requireTls,
    registered.limits,
    ...own,
    registered.help,
    registered.startTls,
  ]
  return [...leaveOut(all, settings.without), ...contributions.flatMap(({ extensions }) => extensions)]
}

/** What requires one that is left out goes with it. */
function leaveOut(list: readonly AnyExtension[], keywords: readonly string[]): readonly AnyExtension[] {
  const gone = new Set(keywords)
  for (const { keyword, requires } of list)
    if (requires.some((need) => typeof need === 'string' && gone.has(need))) gone.add(keyword)
  return gone.size === keywords.length ? list.filter(({ keyword }) => !gone.has(keyword)) : leaveOut(list, [...gone])
}
