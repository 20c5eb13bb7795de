// What a run promised, as it noted it down: which recipients were accepted, and where each of them may stand by now.
import { createHash } from 'node:crypto'

/** States in which a recipient is still the queue's. */
export const open = ['live', 'held']
/** What becomes of a recipient for good; each has its counter in the ledger. */
export const fates = ['delivered', 'relayed', 'expanded', 'failed', 'expired', 'removed']

/** Contents up to so many octets lie in the database of a story, larger ones are files. */
export const inRow = 65_536

/** The octets of a message: its own, and not to be guessed. */
export const contentOf = ({ label, size }) =>
  size === 0 ? Buffer.alloc(0) : createHash('shake256', { outputLength: size }).update(label).digest()

/** The envelope of a message. */
export const envelopeOf = ({ label, size, to }) => ({
  reversePath: `${label}@story.test`,
  parameters: [['SIZE', String(size)]],
  recipients: to.map((destination, index) => ({
    address: `r${index}-${label}@${destination}`,
    parameters: [['NOTIFY', 'FAILURE']],
    destination,
  })),
})

/** Which message an envelope belongs to. */
export const labelOf = (reversePath) => /^([^@]*)@story\.test$/.exec(reversePath)?.[1]

export const recipientKey = (label, index) => `${label}/${index}`

/**
 * Reads the notes of a run. What was begun and not heard of again may have happened or not: then a recipient has more
 * than one state it may be in. `none`: never accepted.
 */
export function readPromises(text) {
  const messages = new Map()
  const states = new Map()
  const ids = new Map()
  const begun = new Map()
  for (const line of text.split('\n')) {
    let note
    try {
      note = JSON.parse(line)
    } catch {
      // The last one, cut off.
      continue
    }
    if (note.do !== undefined) {
      begun.set(note.n, note.do)
      for (const message of note.do.messages ?? []) {
        messages.set(message.label, message)
        for (const index of message.to.keys()) {
          const key = recipientKey(message.label, index)
          states.set(key, new Set([...(states.get(key) ?? ['none']), 'live']))
        }
      }
      for (const [label, index, state] of note.do.moves ?? []) states.get(recipientKey(label, index)).add(state)
    }
    if (note.did === undefined) continue
    for (const [label, id] of Object.entries(note.did)) ids.set(id, label)
    const { messages: made = [], moves = [] } = begun.get(note.n)
    for (const { label, to } of made)
      for (const index of to.keys()) states.set(recipientKey(label, index), new Set(['live']))
    for (const [label, index, state] of moves) states.set(recipientKey(label, index), new Set([state]))
  }
  return { messages, states, ids }
}

/** How many recipients must and may have come to a state. */
export function bounds({ states }, state) {
  let least = 0
  let most = 0
  for (const allowed of states.values()) {
    if (!allowed.has(state)) continue
    most++
    if (allowed.size === 1) least++
  }
  return { least, most }
}
