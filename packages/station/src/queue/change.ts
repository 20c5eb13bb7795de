import { exitCodes } from '@angarium/host'
import type { Change, Filter, Progress } from '@angarium/queue'
import type { Console } from '../command/console.ts'
import type { QueueAccess } from './access.ts'
import { counted, jsonList, type QueueAction } from './action.ts'
import type { Wanted } from './arguments.ts'
import { idsAtOnce } from './calls.ts'

/** On a long run the standard error is told so often, in messages. */
const tellEvery = 10_000

/** `queue retry`, `hold`, `release`, `remove` and `reroute`. */
export const change: QueueAction = async (call, wanted, console) => {
  const { action, ids, json } = wanted
  const filters = filtersOf(ids, wanted.filter)
  const untouched = new Set(ids)
  let messages = 0
  async function* changes(): AsyncGenerator<Progress> {
    for (const filter of filters)
      for await (const progress of call('change', { filter, change: changeOf(wanted) })) {
        untouched.delete(progress.id)
        if (++messages % tellEvery === 0) console.err(`${action}: ${messages} messages so far`)
        yield progress
      }
  }
  if (json) await jsonList(changes(), console)
  else {
    for await (const { id, recipients } of changes()) console.out(`${id}  ${counted(recipients, 'recipient')}`)
    console.out(`${action}: ${counted(messages, 'message')}`)
    await tellLeftAlone(call, action, filters, console)
  }
  return tellUnknown(call, [...untouched], console)
}

/** A filter for all, or one for each portion of ids. */
function filtersOf(ids: readonly string[], filter: Filter): readonly Filter[] {
  if (ids.length === 0) return [filter]
  const filters: Filter[] = []
  for (let at = 0; at < ids.length; at += idsAtOnce) filters.push({ ...filter, ids: ids.slice(at, at + idsAtOnce) })
  return filters
}

function changeOf({ action, early, notify, because, to }: Wanted): Change {
  switch (action) {
    case 'hold':
      return { kind: 'hold', because: because ?? 'held by the operator' }
    case 'release':
      return early ? { kind: 'release', early } : { kind: 'release' }
    case 'remove':
      return notify ? { kind: 'bounce', because: because ?? 'no reason was given' } : { kind: 'remove' }
    case 'reroute':
      return { kind: 'reroute', destination: to ?? '' }
    default:
      return { kind: 'expedite' }
  }
}

/** What was chosen and the change does not apply to, where nobody would expect it. */
async function tellLeftAlone(
  call: QueueAccess,
  action: Wanted['action'],
  filters: readonly Filter[],
  console: Console,
): Promise<void> {
  if (action !== 'retry' && action !== 'reroute') return
  const state = action === 'retry' ? 'held' : 'leased'
  let messages = 0
  for (const filter of filters)
    if (filter.state === undefined || filter.state === state)
      for await (const { counts } of call('count', { filter: { ...filter, state }, by: 'state' }))
        messages += counts[0]?.messages ?? 0
  if (messages === 0) return
  const [what, advice] = state === 'held' ? ['held message', '; see queue release'] : ['message', ' being delivered']
  console.out(`left alone: ${counted(messages, what)}${advice}`)
}

/** Tells which of these are not in the queue, or are nothing that can be changed; answers the exit code. */
async function tellUnknown(call: QueueAccess, ids: readonly string[], console: Console): Promise<number> {
  let code: number = exitCodes.ok
  const refuse = (because: string): void => {
    console.err(because)
    code = exitCodes.data
  }
  if (ids.length === 0) return code
  for (const filter of filtersOf(ids, {})) {
    const known = new Map<string, string | undefined>()
    for await (const entry of call('list', { filter }))
      known.set(entry.id, entry.kind === 'corrupt' ? entry.because : undefined)
    for (const id of filter.ids ?? [])
      if (!known.has(id)) refuse(`there is no message ${id} in the queue`)
      else if (known.get(id) !== undefined) refuse(`message ${id} is corrupt: ${known.get(id)}`)
  }
  return code
}
