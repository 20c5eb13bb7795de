import { settled } from '@angarium/queue/testing'
import { describe, expect, it } from 'vitest'
import { createFaultyStore, diskFailed, diskFull, type Faults } from './faulty-store.ts'
import { createRig } from './rig.ts'

const message = `Subject: x\r\n\r\n${'A line of the body.\r\n'.repeat(200)}`

async function faultyRig(options: Parameters<typeof createRig>[0] = {}) {
  const faulty = createFaultyStore()
  const rig = await createRig({ ...options, store: faulty.store })
  // Small pieces, so that content comes in many writes.
  return { ...rig, ...faulty, client: await rig.open(undefined, { piece: 512 }) }
}

const throwing = (make: () => Error) => () => {
  throw make()
}
const rejecting = (make: () => Error) => async () => {
  await Promise.resolve()
  throw make()
}
const ways = { throws: throwing, rejects: rejecting } as const

describe('a store that fails', () => {
  it('at the draft: refused before content, and the transaction may go on', async () => {
    const { client, faults, drafts, entries, reception } = await faultyRig()
    faults.draft = throwing(diskFailed)
    expect(await client.send(message)).toMatch(/^451 4\.3\.0 /)
    expect(drafts).toEqual([])
    delete faults.draft
    expect(await client.say('DATA')).toMatch(/^354 /)
    await client.write(`${message}.\r\n`)
    expect((await client.replies())[0]).toMatch(/^250 2\.0\.0 /)
    expect(await entries()).toHaveLength(1)
    expect(reception.snapshot()).toMatchObject({ storeFailures: 1, accepted: { messages: 1, recipients: 1 } })
  })

  for (const [way, fail] of Object.entries(ways)) {
    it(`at the Received field, which ${way}: refused before content`, async () => {
      const { client, faults, drafts, entries } = await faultyRig()
      faults.write = fail(diskFailed)
      expect(await client.send(message)).toMatch(/^451 4\.3\.0 /)
      expect(drafts).toMatchObject([{ writes: 1, commits: 0, aborts: 1 }])
      delete faults.write
      expect(await client.say('DATA')).toMatch(/^354 /)
      expect(await client.say('.')).toMatch(/^250 /)
      expect(drafts).toMatchObject([{ aborts: 1 }, { accepted: true, aborts: 0 }])
      expect(await entries()).toHaveLength(1)
    })

    it(`in the content, where it ${way}: what comes is swallowed, refused at its end, and the session lives on`, async () => {
      const { client, faults, drafts, entries } = await faultyRig()
      faults.write = (n) => (n === 4 ? fail(diskFailed)() : undefined)
      expect(await client.send(message)).toMatch(/^451 4\.3\.0 /)
      expect(drafts).toMatchObject([{ writes: 4, commits: 0, aborts: 1 }])
      expect(await entries()).toEqual([])
      delete faults.write
      expect(await client.send(message)).toMatch(/^250 2\.0\.0 /)
      expect(drafts).toMatchObject([{ aborts: 1 }, { accepted: true, aborts: 0 }])
    })
  }

  it('at the commit: 451, no 250, nothing kept', async () => {
    const { client, faults, drafts, entries, reception, log } = await faultyRig()
    faults.commit = rejecting(diskFailed)
    expect(await client.send(message)).toMatch(/^451 4\.3\.0 /)
    expect(drafts).toMatchObject([{ commits: 1, accepted: false, aborts: 1 }])
    expect(await entries()).toEqual([])
    expect(reception.snapshot()).toMatchObject({ accepted: { messages: 0, recipients: 0, octets: 0 } })
    expect(log.map(({ event }) => event)).toEqual(['store-failed', 'refused'])
    delete faults.commit
    expect(await client.send(message)).toMatch(/^250 2\.0\.0 /)
  })

  for (const step of ['draft', 'write', 'commit'] as const)
    it(`a full disk at the ${step}: 452 4.3.1`, async () => {
      const { client, faults, drafts } = await faultyRig()
      faults[step] = throwing(diskFull) as NonNullable<Faults['draft']>
      expect(await client.send(message)).toMatch(/^452 4\.3\.1 /)
      expect(drafts.every(({ accepted, aborts }) => !accepted && aborts === 1)).toBe(true)
    })

  it('closed: 451', async () => {
    const { client, store, entries } = await faultyRig()
    await store.close()
    expect(await client.send(message)).toMatch(/^451 4\.3\.0 /)
    await store.open()
    expect(await entries()).toEqual([])
  })
})

describe('the draft', () => {
  for (const [what, content, answer] of [
    ['content with a bare LF', 'a\nb\r\n', /^554 /],
    ['content that is too big', `${'x'.repeat(70)}\r\n`.repeat(200), /^552 /],
  ] as const)
    it(`is aborted once after ${what}`, async () => {
      const { client, drafts, entries } = await faultyRig({ session: { limits: { messageOctets: 5_000 } } })
      expect(await client.send('ok\r\n')).toMatch(/^250 /)
      expect(await client.send(content)).toMatch(answer)
      expect(await client.send('ok\r\n')).toMatch(/^250 /)
      expect(drafts.map(({ accepted, aborts }) => [accepted, aborts])).toEqual([
        [true, 0],
        [false, 1],
        [true, 0],
      ])
      expect(await entries()).toHaveLength(2)
    })

  it('is aborted once when the connection is cut in the content', async () => {
    const { client, drafts, entries, reception } = await faultyRig()
    await client.say('MAIL FROM:<>')
    await client.say('RCPT TO:<alice@local.test>')
    await client.say('DATA')
    await client.write(message)
    await settled()
    client.transport.destroy()
    await settled()
    expect(drafts).toMatchObject([{ commits: 0, aborts: 1 }])
    expect(await entries()).toEqual([])
    expect(reception.snapshot().sessions).toBe(0)
  })

  it('is aborted once when a stage refuses the message', async () => {
    const stages = [{ name: 'filter', message: () => ({ code: 550, status: '5.7.1', text: ['no'] }) as const }]
    const { client, drafts } = await faultyRig({ stages })
    expect(await client.send(message)).toBe('550 5.7.1 no')
    expect(drafts).toMatchObject([{ commits: 0, aborts: 1 }])
  })

  it('stays committed when the connection is cut while the store is at it', async () => {
    const { client, faults, drafts, entries, reception } = await faultyRig()
    let finish = (): void => undefined
    faults.commit = () => new Promise((resolve) => (finish = resolve))
    await client.say('MAIL FROM:<>')
    await client.say('RCPT TO:<alice@local.test>')
    await client.say('DATA')
    await client.write(`${message}.\r\n`)
    await settled()
    client.transport.destroy()
    await settled()
    expect(drafts).toMatchObject([{ commits: 1, accepted: false, aborts: 0 }])
    finish()
    await settled()
    expect(drafts).toMatchObject([{ commits: 1, accepted: true, aborts: 0 }])
    expect(await entries()).toHaveLength(1)
    expect(reception.snapshot()).toMatchObject({ sessions: 0, accepted: { messages: 1, recipients: 1 } })
  })

  it('is told the declared size', async () => {
    const { store, client } = await faultyRig()
    const hints: unknown[] = []
    const begin = store.draft
    Object.assign(store, {
      draft: (hint: { readonly size?: number }) => {
        hints.push(hint)
        return begin(hint)
      },
    })
    expect(await client.send(message, ['<alice@local.test>'], '<s@sender.test> SIZE=4000')).toMatch(/^250 /)
    expect(await client.send(message)).toMatch(/^250 /)
    expect(hints).toEqual([{ size: 4000 }, {}])
  })
})

describe('a slow store', () => {
  it('holds the peer back: nothing is written while a write is pending, and nothing is read', async () => {
    const { client, faults, drafts, entries } = await faultyRig()
    let go = (): void => undefined
    faults.write = (n) => (n === 3 ? new Promise((resolve) => (go = resolve)) : undefined)
    await client.say('MAIL FROM:<>')
    await client.say('RCPT TO:<alice@local.test>')
    await client.say('DATA')
    let taken = false
    const sent = client.write(`${'x'.repeat(70)}\r\n`.repeat(2_000)).then(() => {
      taken = true
    })
    await settled()
    expect(drafts).toMatchObject([{ writes: 3 }])
    expect(taken).toBe(false)
    go()
    await sent
    expect(await client.say('.')).toMatch(/^250 /)
    expect(drafts[0]?.octets).toBeGreaterThan(144_000)
    expect(await entries()).toHaveLength(1)
  })
})
