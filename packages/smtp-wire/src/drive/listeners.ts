import type { AbortLike } from './environment.ts'

/** Who is to be told when a signal fires. */
export interface Stoppable {
  stop(): void
}

/**
 * Has `one` told when the signal fires; at once if it has. However many there are, the signal has one listener: an
 * `AbortSignal` walks through all of its own for each that comes or goes, and a server has one for every connection.
 */
export function listenTo(signal: AbortLike, one: Stoppable): void {
  if (signal.aborted) {
    one.stop()
    return
  }
  let group = groups.get(signal)
  if (group === undefined) {
    group = new Group()
    groups.set(signal, group)
    signal.addEventListener('abort', group.tell)
  }
  group.members.add(one)
}

/** Ends that; harmless for one that does not listen. */
export function leave(signal: AbortLike, one: Stoppable): void {
  const group = groups.get(signal)
  if (group === undefined || !group.members.delete(one) || group.members.size > 0) return
  signal.removeEventListener('abort', group.tell)
  groups.delete(signal)
}

class Group {
  readonly members = new Set<Stoppable>()
  readonly tell = (): void => {
    for (const one of this.members) one.stop()
  }
}

const groups = new WeakMap<AbortLike, Group>()
