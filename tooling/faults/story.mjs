// A fixed run through everything a queue does, by a process that may be killed or whose disk may fail at any call. What it
// was promised it notes down beside the queue: `node story.mjs PLACE [stubborn]`.
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteStore } from '../../packages/queue-sqlite/dist/index.js'
import { manualClock, seededRandom } from './outside.mjs'
import { contentOf, envelopeOf, inRow, labelOf } from './promises.mjs'

const place = process.argv[2]
// Whether it tries again what was refused; else the first refusal ends it.
const stubborn = process.argv[3] === 'stubborn'
const patience = 20
const hour = 3_600_000
const large = 150_000

const notes = openSync(join(place, 'said'), 'a')
const say = (note) => writeSync(notes, `${JSON.stringify(note)}\n`)
const clock = manualClock()
const random = seededRandom(1)
const directory = join(place, 'data', 'queue')
let store
let number = 0

/** Notes what is about to happen, does it, and notes that it did; `run` may answer the ids of what it stored. */
async function perform(effects, run) {
  const n = ++number
  for (let tries = 1; ; tries++) {
    say({ n, do: effects })
    try {
      const ids = await run()
      say({ n, did: ids ?? {} })
      return
    } catch (error) {
      say({ n, refused: String(error.code ?? error), because: String(error.cause?.message ?? error.message) })
      if (error.code !== 'QUEUE_STORE_FAILED' || !stubborn || tries === patience) throw error
      // A store that failed rests for a second before it is opened anew.
      clock.jump(2_000)
    }
  }
}

const open = () =>
  perform({}, async () => {
    store = await openSqliteStore({ directory, clock, random, minFree: 0, bodyInRow: inRow })
  })

/** Each under an idempotency key: a commit that failed in between is asked again, and is one message. */
const put = (label, size, to, options = {}) => {
  const message = { label, size, to }
  return perform({ messages: [message] }, async () => {
    const draft = store.draft({ size })
    try {
      const content = contentOf(message)
      for (let at = 0; at < size; at += 50_000) await draft.write(content.subarray(at, at + 50_000))
      const { id, leases } = await draft.commit(envelopeOf(message), { key: label, ...options })
      for (const lease of leases) keep(lease)
      return { [label]: id }
    } catch (error) {
      await draft.abort()
      throw error
    }
  })
}

const hand = new Map()
const keep = (lease) => hand.set(`${labelOf(lease.reversePath)} ${lease.destination}`, lease)

/** The lease of a message, with all others of its destination. */
async function take(label, destination) {
  for (let tries = 1; !hand.has(`${label} ${destination}`); tries++) {
    await perform({}, async () => {
      await store.due(10)
      for (const lease of await store.lease({ destination, holder: 'story', duration: hour, limit: 100 })) keep(lease)
    })
    if (hand.has(`${label} ${destination}`)) break
    if (tries === patience) throw new Error(`${label} is not due for ${destination}`)
    // A lease nobody heard of has to run out.
    clock.jump(hour + 1)
  }
  return hand.get(`${label} ${destination}`)
}

/** Settles leases at once: each entry is `[label, destination, outcome, reports?]`, all recipients alike. */
async function settle(...entries) {
  const settlements = []
  const effects = { messages: [], moves: [] }
  for (const [label, destination, outcome, reports = []] of entries) {
    const lease = await take(label, destination)
    const state = outcome.kind === 'deferred' || outcome.kind === 'returned' ? 'live' : outcome.kind
    for (const { index } of lease.recipients) effects.moves.push([label, index, state])
    effects.messages.push(...reports)
    settlements.push({
      lease,
      recipients: lease.recipients.map(({ index }) => ({ index, ...outcome })),
      spawn: reports.map((report) => ({ envelope: envelopeOf(report), content: contentOf(report) })),
    })
  }
  await perform(effects, async () => {
    const ids = {}
    for (const [at, result] of (await store.settle(settlements)).entries())
      for (const [n, id] of (result.spawned ?? []).entries()) ids[entries[at][3][n].label] = id
    return ids
  })
  for (const [label, destination] of entries) hand.delete(`${label} ${destination}`)
}

const change = (wish, moves, address) =>
  perform({ moves }, async () => {
    for await (const _ of store.change({ recipient: address }, wish)) void _
  })
const addressOf = (label, index, destination) => `r${index}-${label}@${destination}`

const gone = { kind: 'failed', status: '5.1.1', because: 'no such mailbox' }
const expired = { kind: 'expired', status: '4.4.7', because: 'its time is over' }
const later = { kind: 'deferred', delay: 60_000, because: 'busy' }

await open()
// Many at once share a batch; one of them comes leased, one is a file for two destinations.
await Promise.all([
  put('small', 2_000, ['a.test']),
  put('large', large, ['a.test', 'b.test', 'a.test']),
  put('empty', 0, ['a.test']),
  put('direct', 900, ['c.test'], { lease: { holder: 'story', duration: hour } }),
  put('urgent', 1_000, ['a.test'], { priority: 5 }),
  put('future', 1_000, ['a.test'], { notBefore: clock.now() + hour }),
  put('held', 70_000, ['d.test']),
  put('moved', 1_500, ['e.test']),
  put('thrown', large, ['f.test']),
  put('given-up', 1_100, ['l.test']),
])
// The same again: one message.
await put('small', 2_000, ['a.test'])
await put('large', large, ['a.test', 'b.test', 'a.test'])
const given = store.draft()
try {
  await given.write(contentOf({ label: 'given up', size: large }))
} catch (error) {
  if (!stubborn) throw error
}
await given.abort()

await settle(
  ['direct', 'c.test', { kind: 'relayed' }],
  ['small', 'a.test', { kind: 'delivered' }],
  ['urgent', 'a.test', gone, [{ label: 'report', size: 1_200, to: ['g.test'] }]],
  ['empty', 'a.test', expired, [{ label: 'large-report', size: large, to: ['g.test'] }]],
  ['large', 'a.test', later, [{ label: 'delay-notice', size: 800, to: ['g.test'] }]],
)
await change({ kind: 'hold', because: 'a look first' }, [['held', 0, 'held']], addressOf('held', 0, 'd.test'))
await change({ kind: 'remove' }, [['thrown', 0, 'removed']], addressOf('thrown', 0, 'f.test'))
await change({ kind: 'reroute', destination: 'h.test' }, [], addressOf('moved', 0, 'e.test'))
await change({ kind: 'bounce', because: 'enough' }, [], addressOf('given-up', 0, 'l.test'))
await settle(['given-up', 'l.test', gone, [{ label: 'bounce', size: 70_000, to: ['g.test'] }]])
await take('moved', 'h.test')
await perform({}, async () => {
  await store.extend([...hand.values()], hour)
})
// What is in hand when the store closes is given back by the next that opens.
await take('report', 'g.test')
await perform({}, () => store.close())
hand.clear()

clock.jump(2 * hour)
await open()
await change({ kind: 'release' }, [['held', 0, 'live']], addressOf('held', 0, 'd.test'))
await put('second', 2_000, ['a.test', 'b.test'])
await settle(
  ['report', 'g.test', { kind: 'returned' }],
  ['large-report', 'g.test', { kind: 'relayed' }],
  ['held', 'd.test', { kind: 'delivered' }],
  ['large', 'a.test', { kind: 'delivered' }],
)
await settle(['large', 'b.test', { kind: 'delivered' }], ['second', 'b.test', later])
await put('third', large, ['i.test'], { lease: { holder: 'story', duration: hour } })
await settle(['third', 'i.test', { kind: 'expanded' }, [{ label: 'members', size: 2_000, to: ['j.test', 'k.test'] }]])
await take('future', 'a.test')
await put('stays', large, ['l.test', 'm.test'])
await perform({}, () => store.close())
say({ end: true })
