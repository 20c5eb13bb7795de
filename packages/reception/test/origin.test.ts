import { xclient } from '@angarium/esmtp-extensions'
import { type CommitOptions, createMemoryStore, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { defineExtension, reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { createRig, extensions, friend, stranger } from './rig.ts'

/** A memory store, and what was asked of it beside keeping each message. */
function createRecordingStore(): { readonly store: QueueStore; readonly commits: CommitOptions[] } {
  const store = createMemoryStore({ clock: createManualClock(), random: createSeededRandom(5) })
  const begin = store.draft.bind(store)
  const commits: CommitOptions[] = []
  store.draft = (hint) => {
    const draft = begin(hint)
    const commit = draft.commit.bind(draft)
    draft.commit = (envelope, options = {}) => {
      commits.push(options)
      return commit(envelope)
    }
    return draft
  }
  return { store, commits }
}

const believing = defineExtension({
  name: 'believing',
  rfc: 4954,
  keyword: 'AUTH',
  verbs: { AUTH: { phases: ['ready'], barrier: true, run: () => ({ kind: 'ask' }) } },
})

describe('the queue is told whose mail it is, and who brought it', () => {
  it('a stranger by address alone: the sender is its domain', async () => {
    const { store, commits } = createRecordingStore()
    const client = await (await createRig({ store })).open()
    await client.send('x\r\n')
    expect(commits).toEqual([{ priority: 0, source: stranger }])
  })

  it.each([
    ['ada', 'ada'],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['x'.repeat(256), undefined],
    ['é'.repeat(128), undefined],
  ])('who has logged in by that name, where the queue can take it: %s', async (identity, sender) => {
    const { store, commits } = createRecordingStore()
    const client = await (
      await createRig({
        store,
        extensions: [...extensions, believing],
        verbs: { AUTH: async () => ({ reply: reply(235, '7.0'), identity }) },
      })
    ).open()
    await client.say('AUTH')
    await client.send('x\r\n')
    expect(commits).toEqual([{ priority: 0, source: stranger, ...(sender !== undefined && { sender }) }])
  })

  it('no address where the proxy knows none', async () => {
    const { store, commits } = createRecordingStore()
    const client = await (
      await createRig({ store, extensions: [...extensions, xclient(({ peer }) => peer === friend)] })
    ).open(friend)
    await client.say('XCLIENT ADDR=[UNAVAILABLE]')
    await client.say('EHLO far.test')
    await client.send('x\r\n')
    expect(commits).toEqual([{ priority: 0 }])
  })
})
