// Opens what a run left behind, compares it with what the run was promised, and lets all of it flow to its end.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkQueue, createSqliteStore } from '../../packages/queue-sqlite/dist/index.js'
import { manualClock, seededRandom } from './outside.mjs'
import { bounds, contentOf, envelopeOf, fates, inRow, labelOf, open, recipientKey } from './promises.mjs'

const nobody = { label: '', size: 0, to: [] }
/** Far behind all that a run does. */
const later = 1_800_000_000_000 + 30 * 86_400_000

/**
 * What is wrong with a queue, as sentences; nothing in them when all is well.
 *
 * With `damaged` what was stored was changed behind the store's back: then it may refuse to open or to go on, and set
 * messages aside, as long as it says so; what it does not see itself is in `unseen`. What it delivers must be as it was accepted all the same. With `behind`
 * besides, it may be where it was at an earlier time: what came to it since is told in `lost`. With `abandoned` leases came
 * to nothing more often than the run knows, for which a message may be held.
 */
export async function examine(directory, promises, { damaged = false, behind = false, abandoned = false } = {}) {
  const problems = []
  const aside = new Map()
  const clock = manualClock(later)
  const log = { info: () => undefined, warn: (_, { id, because }) => aside.set(id, because) }
  const store = createSqliteStore({ directory, clock, random: seededRandom(2), minFree: 0, log })
  const unseen = damaged ? [] : problems
  const result = { problems, unseen: damaged ? unseen : [], aside, refused: undefined, lost: [] }
  try {
    await store.open()
    const found = await lookAt(store, promises, { problems, unseen, damaged, abandoned, aside })
    result.lost = lostOf(promises, found, aside)
    if (result.lost.length > 0 && !behind) unseen.push(`lost in silence: ${result.lost.join(', ')}`)
    if (!damaged) {
      await checkCounters(store, promises, found, problems)
      checkFiles(directory, found, problems)
    }
    const delivered = await drain(store, clock, { problems, unseen })
    if (!behind) checkDelivered(promises, found, delivered, { unseen, aside })
    await checkBalance(store, unseen, damaged)
  } catch (error) {
    // An error that is not of the queue's own kinds says that nobody thought of this.
    if (!damaged || !String(error.code).startsWith('QUEUE_')) problems.push(String(error.stack ?? error))
    result.refused = `${error.code ?? 'unexpected'}: ${error.cause?.message ?? error.message}`
  } finally {
    await store.close()
  }
  return result
}

/** What the store's own check finds, put right where it can be. Never rejects. */
export async function checkAndRepair(directory) {
  const options = { directory, clock: manualClock(later), random: seededRandom(4), minFree: 0 }
  const findings = []
  try {
    for await (const finding of checkQueue(options, { repair: false })) findings.push(finding.kind)
    for await (const _ of checkQueue(options, { repair: true })) void _
  } catch (error) {
    findings.push(String(error.code ?? error))
  }
  return findings
}

/** All that a scan tells of, label to entry; corrupt messages are not among them. */
async function lookAt(store, promises, { problems, unseen, damaged, abandoned, aside }) {
  const found = new Map()
  for await (const entry of store.scan()) {
    if (entry.kind === 'corrupt') {
      aside.set(entry.id, entry.because)
      if (!damaged) problems.push(`${entry.id} is corrupt: ${entry.because}`)
      continue
    }
    const label = labelOf(entry.reversePath)
    const message = promises.messages.get(label)
    if (message === undefined) {
      problems.push(`a message nobody sent, from ${entry.reversePath}`)
      continue
    }
    if (found.has(label)) unseen.push(`${label} is there twice`)
    found.set(label, entry)
    sameEnvelope(message, entry, { problems, unseen })
    if (damaged) continue
    const octets = []
    for await (const piece of store.read(entry.id)) octets.push(piece)
    if (!Buffer.concat(octets).equals(contentOf(message))) problems.push(`${label}: its content was altered`)
    for (const { index, state } of entry.recipients) {
      const allowed = promises.states.get(recipientKey(label, index))
      const seen = state === 'queued' || state === 'leased' || state === 'deferred' ? 'live' : state
      const suspect = abandoned && seen === 'held' && allowed.has('live')
      if (!allowed.has(seen) && !suspect)
        problems.push(`${label}/${index} is ${state}, expected ${[...allowed].join(' or ')}`)
    }
  }
  return found
}

/** Labels of what must be there and is neither there nor set aside. */
function lostOf(promises, found, aside) {
  const lost = new Set()
  for (const [key, allowed] of promises.states) {
    const [label] = key.split('/')
    if (!found.has(label) && [...allowed].every((state) => open.includes(state))) lost.add(label)
  }
  for (const id of aside.keys()) lost.delete(promises.ids.get(id))
  // The id itself may be what was damaged.
  const unknown = [...aside.keys()].filter((id) => !promises.ids.has(id))
  return lost.size > unknown.length ? [...lost] : []
}

function sameEnvelope(message, entry, { problems, unseen }) {
  const wanted = envelopeOf(message)
  const plain = ({ address, parameters }) => ({ address, parameters })
  const told = {
    size: entry.size,
    parameters: entry.parameters,
    recipients: [...entry.recipients].sort((a, b) => a.index - b.index).map(plain),
  }
  const expected = { size: message.size, parameters: wanted.parameters, recipients: wanted.recipients.map(plain) }
  const missing = told.recipients.length < expected.recipients.length
  if (JSON.stringify(told) !== JSON.stringify(expected))
    (missing ? unseen : problems).push(
      `${message.label}: its envelope is ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`,
    )
}

/** The counters, against what was promised and what is there. */
async function checkCounters(store, promises, found, problems) {
  const stats = await store.stats()
  const recipients = [...found.values()].flatMap((entry) => entry.recipients)
  const held = recipients.filter(({ state }) => state === 'held').length
  const queued = recipients.filter(({ state }) => state !== 'held' && !fates.includes(state)).length
  for (const [what, is, counted] of [
    ['messages', found.size, stats.messages],
    ['queued', queued, stats.queued],
    ['held', held, stats.held],
  ])
    if (is !== counted) problems.push(`${is} ${what} are there, the ledger says ${counted}`)
  for (const fate of fates) {
    const { least, most } = bounds(promises, fate)
    const counted = stats[fate] ?? 0
    if (counted < least || counted > most)
      problems.push(`the ledger says ${counted} ${fate}, not ${least}${most > least ? ` to ${most}` : ''}`)
  }
}

/** Accepted = all fates + queued + held, per recipient. */
async function checkBalance(store, problems, damaged) {
  const { messages: _, accepted, corrupt, ...rest } = await store.stats()
  const sum = Object.values(rest).reduce((total, count) => total + count, 0)
  if (sum !== accepted) problems.push(`the ledger does not balance: ${accepted} accepted, ${sum} accounted for`)
  if (!damaged && corrupt + rest.queued + rest.held > 0) problems.push(`${rest.queued + rest.held} never flowed`)
}

/** Content files are those of the messages that are there; those of none are marked as lost. */
function checkFiles(directory, found, problems) {
  const files = readdirSync(join(directory, 'bodies'))
    .filter((name) => !name.startsWith('lost-'))
    .sort()
  const wanted = [...found.values()].filter(({ size }) => size > inRow).map(({ id }) => id)
  if (files.join() !== wanted.sort().join())
    problems.push(`files are ${files.join()}, messages with one ${wanted.join()}`)
}

/** Releases and delivers all there is. Answers what was delivered: recipient to number of times. */
async function drain(store, clock, { problems, unseen }) {
  const delivered = new Map()
  for await (const _ of store.change({ state: 'held' }, { kind: 'release', early: true })) void _
  for (let round = 0; round < 500; round++) {
    const { destinations, next } = await store.due(100)
    if (destinations.length === 0) {
      if (next === undefined) return delivered
      // Everything is due within days; what is not has a time that nobody set.
      if (next > clock.now() + 365 * 86_400_000) {
        unseen.push(`work is stranded until ${new Date(Math.min(next, 8e15)).toISOString()}`)
        return delivered
      }
      clock.jump(Math.max(1, next - clock.now()))
    }
    for (const { destination } of destinations) {
      const leases = await store.lease({ destination, holder: 'examiner', duration: 60_000, limit: 100 })
      const settlements = []
      for (const lease of leases) if (await deliver(store, lease, delivered, problems)) settlements.push(lease)
      await store.settle(
        settlements.map((lease) => ({
          lease,
          recipients: lease.recipients.map(({ index }) => ({ index, kind: 'delivered' })),
        })),
      )
    }
  }
  unseen.push('what is due does not come to an end')
  return delivered
}

async function deliver(store, lease, delivered, problems) {
  const label = labelOf(lease.reversePath)
  const pieces = []
  try {
    if (lease.body !== undefined) pieces.push(lease.body)
    else for await (const piece of store.read(lease.id)) pieces.push(piece)
  } catch (error) {
    if (error.code !== 'QUEUE_CORRUPT') throw error
    // Set aside by now: that is told, and the rest flows.
    return false
  }
  const message = { ...nobody, label, size: lease.size }
  if (!Buffer.concat(pieces).equals(contentOf(message))) problems.push(`${label} was delivered altered`)
  for (const { index } of lease.recipients) {
    const key = recipientKey(label, index)
    delivered.set(key, (delivered.get(key) ?? 0) + 1)
  }
  return true
}

/** What was the queue's was delivered once, and what was settled was not. */
function checkDelivered({ states }, found, delivered, { unseen, aside }) {
  for (const [key, allowed] of states) {
    const times = delivered.get(key) ?? 0
    const [label, index] = key.split('/')
    const entry = found.get(label)
    const was = entry?.recipients.find((recipient) => recipient.index === Number(index))?.state
    const expected = was === undefined || fates.includes(was) ? 0 : 1
    if (times > 1 || (times > 0 && ![...allowed].some((state) => open.includes(state))))
      unseen.push(`${key} was delivered ${times} times, and is ${[...allowed].join(' or ')}`)
    else if (times < expected && !aside.has(entry.id)) unseen.push(`${key} is ${was} and never flowed`)
  }
}
