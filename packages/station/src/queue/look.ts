import { exitCodes } from '@angarium/host'
import { counted, jsonList, type QueueAction, shown } from './action.ts'
import { explained } from './explanation.ts'
import { countTable, destinationsTable } from './tables.ts'
import { counts, details, summary } from './view.ts'

/** `queue list`. */
export const list: QueueAction = async (call, { filter, now, json }, console) => {
  const entries = call('list', { filter })
  if (json) return jsonList(entries, console)
  let count = 0
  for await (const entry of entries) {
    count++
    for (const line of summary(entry, now)) console.out(line)
  }
  console.out(count === 0 ? 'no messages' : counted(count, 'message'))
  return exitCodes.ok
}

/** `queue count`. */
export const count: QueueAction = (call, { filter, by, now, json }, console) =>
  shown(call('count', { filter, by }), json, (counts) => countTable(counts, by, now), console)

/** `queue show`. */
export const show: QueueAction = async (call, { ids: [id = ''], content, now, json }, console) => {
  if (content) {
    for await (const piece of call('content', { id })) process.stdout.write(Buffer.from(piece, 'base64'))
    return exitCodes.ok
  }
  return shown(call('show', { id }), json, (entry) => details(entry, now), console)
}

/** `queue explain`. */
export const explain: QueueAction = (call, { ids: [id = ''], now, json }, console) =>
  shown(call('explain', { id }), json, (explanation) => explained(explanation, now), console)

/** `queue stats`. */
export const stats: QueueAction = (call, { json }, console) => shown(call('stats', undefined), json, counts, console)

/** `queue destinations`. */
export const destinations: QueueAction = (call, { now, json }, console) =>
  shown(call('destinations', undefined), json, (snapshot) => destinationsTable(snapshot, now), console)
