import { parseArgs } from 'node:util'
import { parseDuration } from '@angarium/host'
import type { CountBy, Filter, Instant } from '@angarium/queue'
import { parseDomain } from '@angarium/smtp-wire'
import { UsageError } from '../command/console.ts'
import { countedBy } from './calls.ts'

/** What comes after `queue`, understood. */
export interface Wanted {
  readonly action: Action
  /** Times are told from here. */
  readonly now: Instant
  /** Each once, in the order given. */
  readonly ids: readonly string[]
  /** Without the ids. */
  readonly filter: Filter
  readonly directory: string | undefined
  readonly config: string | undefined
  readonly json: boolean
  readonly content: boolean
  readonly early: boolean
  readonly notify: boolean
  readonly repair: boolean
  readonly by: CountBy
  readonly because: string | undefined
  /** A domain where `reroute` is wanted. */
  readonly to: string | undefined
}

/** What can be asked of a queue. */
export type Action = keyof typeof actions

type Option = keyof typeof options
interface ActionForm {
  /** What may stand beside the options. */
  readonly takes: 'nothing' | 'one-id' | 'folder' | 'selection'
  /** Beside `--config` and `--json`. */
  readonly options: readonly Option[]
}

const changing = ['filter', 'all'] as const
const actions = {
  list: { takes: 'nothing', options: ['filter'] },
  count: { takes: 'nothing', options: ['filter', 'by'] },
  show: { takes: 'one-id', options: ['content'] },
  explain: { takes: 'one-id', options: [] },
  stats: { takes: 'nothing', options: [] },
  destinations: { takes: 'nothing', options: [] },
  retry: { takes: 'selection', options: changing },
  hold: { takes: 'selection', options: [...changing, 'because'] },
  release: { takes: 'selection', options: [...changing, 'early'] },
  remove: { takes: 'selection', options: [...changing, 'notify', 'because'] },
  reroute: { takes: 'selection', options: [...changing, 'to'] },
  check: { takes: 'nothing', options: ['repair'] },
  backup: { takes: 'folder', options: [] },
} as const satisfies Record<string, ActionForm>

const options = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  filter: { type: 'string', multiple: true },
  all: { type: 'boolean' },
  by: { type: 'string' },
  content: { type: 'boolean' },
  early: { type: 'boolean' },
  notify: { type: 'boolean' },
  because: { type: 'string' },
  to: { type: 'string' },
  repair: { type: 'boolean' },
} as const

/**
 * Reads what comes after `queue`.
 *
 * @throws UsageError
 */
export function parseQueueArguments([action, ...rest]: readonly string[], now: Instant): Wanted {
  if (!isAction(action)) {
    const [last, ...others] = Object.keys(actions).reverse()
    throw new UsageError(
      `${action === undefined ? 'what?' : `no ${action};`} ${others.reverse().join(', ')} or ${last}`,
    )
  }
  const { values, positionals } = parseArgs({ args: rest, allowPositionals: true, options })
  const form: ActionForm = actions[action]
  for (const option of Object.keys(values) as Option[])
    if (option !== 'config' && option !== 'json' && !form.options.includes(option))
      throw new UsageError(`queue ${action} knows no --${option}`)
  if (values.because !== undefined && action === 'remove' && values.notify !== true)
    throw new UsageError('queue remove tells nobody why without --notify')
  const filters = values.filter ?? []
  checkWords(action, form, positionals, filters.length > 0, values.all === true)
  return {
    action,
    now,
    ids: form.takes === 'folder' ? [] : [...new Set(positionals)],
    filter: parseFilter(filters, now),
    directory: form.takes === 'folder' ? positionals[0] : undefined,
    config: values.config,
    json: values.json === true,
    content: values.content === true,
    early: values.early === true,
    notify: values.notify === true,
    repair: values.repair === true,
    by: parseCountedBy(values.by),
    because: values.because,
    to: action === 'reroute' ? parseTo(values.to) : undefined,
  }
}

function isAction(text: string | undefined): text is Action {
  return text !== undefined && Object.hasOwn(actions, text)
}

function checkWords(
  action: Action,
  { takes }: ActionForm,
  words: readonly string[],
  filtered: boolean,
  all: boolean,
): void {
  switch (takes) {
    case 'nothing':
      if (words.length > 0) throw new UsageError(`queue ${action} takes no id; queue show does`)
      return
    case 'one-id':
      if (words.length !== 1) throw new UsageError(`queue ${action} needs the id of one message`)
      return
    case 'folder':
      if (words.length !== 1) throw new UsageError(`queue ${action} needs one folder`)
      return
    case 'selection':
      // Ids and a filter together choose some of the recipients of these messages.
      if (all === (words.length > 0 || filtered))
        throw new UsageError(`queue ${action} needs ids of messages, --filter, or both; or else --all`)
  }
}

function parseCountedBy(text = 'destination'): CountBy {
  const by = countedBy.find((one) => one === text)
  if (by === undefined) throw new UsageError(`--by ${text}: expected ${countedBy.join(', ')}`)
  return by
}

function parseTo(text: string | undefined): string {
  if (text === undefined) throw new UsageError('queue reroute needs --to')
  if (parseDomain(text, true) === undefined) throw new UsageError(`--to ${text}: expected a domain such as example.com`)
  return text
}

/** Makes part of a filter of what stands behind the `=`; `undefined` where that is nothing it can be. */
type FilterPart = (value: string, now: Instant) => Filter | undefined

const states = ['queued', 'leased', 'deferred', 'held'] as const

const filterParts: ReadonlyMap<string, FilterPart> = new Map<string, FilterPart>([
  ['state', (value) => states.filter((state) => state === value).map((state) => ({ state }))[0]],
  ['destination', (destination) => ({ destination })],
  ['from', (reversePath) => ({ reversePath })],
  ['to', (recipient) => ({ recipient })],
  ['sender', (sender) => ({ sender })],
  ['source', (source) => ({ source })],
  ['older', (value, now) => spanned(value, (ms) => ({ acceptedBefore: now - ms }))],
  ['newer', (value, now) => spanned(value, (ms) => ({ acceptedAfter: now - ms }))],
])

function spanned(text: string, part: (ms: number) => Filter): Filter | undefined {
  const ms = parseDuration(text)
  return ms === undefined ? undefined : part(ms)
}

function parseFilter(texts: readonly string[], now: Instant): Filter {
  const filter = new Map<string, Filter>()
  for (const text of texts) {
    const refuse = (because: string): UsageError => new UsageError(`--filter ${text}: ${because}`)
    const at = text.indexOf('=')
    const key = text.slice(0, Math.max(0, at))
    const part = filterParts.get(key)
    if (part === undefined) throw refuse(`expected ${[...filterParts.keys()].map((one) => `${one}=`).join(', ')}`)
    if (filter.has(key)) throw refuse(`${key}= is given twice`)
    const read = part(text.slice(at + 1), now)
    if (read === undefined) throw refuse(`expected ${key === 'state' ? states.join(', ') : 'a time such as 2h or 3d'}`)
    filter.set(key, read)
  }
  return Object.assign({}, ...filter.values())
}
