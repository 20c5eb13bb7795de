import type { Contribute } from '@angarium/reception'
import { createRecall } from './recall.ts'
import { recl } from './recl.ts'
import { createTransactions } from './transactions.ts'

/**
 * What an MTA loads: `extensions: { modules: [{ module: esmtp-recl/mta, settings: { local: [example.org] } }] }`.
 *
 * `settings.local`: domains whose mail is delivered here. A report to one of them stays here; any other goes by MX.
 */
const contribute: Contribute = ({ hostname, store, clock, log, settings }) => {
  const transactions = createTransactions()
  const recall = createRecall({ hostname, store, clock, log, local: localDomains(settings) })
  return {
    extensions: [recl],
    stages: [transactions.stage],
    verbs: { RECL: (event, session) => transactions.end(session, (open) => recall(event.argument, open)) },
  }
}

export default contribute

/** @throws TypeError, which keeps the server down */
function localDomains(settings: unknown): ReadonlySet<string> {
  const { local = [] } = (settings ?? {}) as { readonly local?: unknown }
  if (!Array.isArray(local) || !local.every((domain) => typeof domain === 'string'))
    throw new TypeError('settings.local is a list of domains')
  return new Set(local.map((domain: string) => domain.toLowerCase()))
}
