import { QueueError } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../src/store.ts'
import { createRig } from './rig.ts'

const finding = (repaired: boolean): Finding => ({
  kind: 'ledger',
  what: 'the ledger is off: queued by 1',
  remedy: 'repair sets it right',
  repaired,
})
const lost: Finding = { ...finding(false), kind: 'file', id: 'x\u001b', what: 'nobody speaks of it' }

/** A store with these faults, of which it repairs the first. */
function faulty(...faults: readonly Finding[]) {
  return {
    async *check({ repair }: { readonly repair: boolean }) {
      for (const [at, fault] of faults.entries()) yield repair && at === 0 ? finding(true) : fault
    },
  }
}

describe.each([
  ['through the server', true],
  ['where none runs', false],
])('a queue taken care of %s', (_, running) => {
  it('is checked, and repaired', async () => {
    expect(await (await createRig(running, { care: faulty() })).queue('check')).toEqual({
      code: 0,
      out: ['the queue is sound'],
      err: [],
    })
    const one = await createRig(running, { care: faulty(finding(false)) })
    expect(await one.queue('check')).toMatchObject({
      code: 65,
      out: ['ledger: the ledger is off: queued by 1: repair sets it right', '1 finding, 0 repaired'],
    })
    expect(await one.queue('check', '--repair')).toMatchObject({
      code: 0,
      out: ['ledger: the ledger is off: queued by 1: repaired', '1 finding, 1 repaired'],
    })
    const two = await createRig(running, { care: faulty(finding(false), lost) })
    const { code, out } = await two.queue('check', '--repair')
    expect([code, out[1], out[2]]).toEqual([
      65,
      'file x\\u{1b}: nobody speaks of it: repair sets it right',
      '2 findings, 1 repaired',
    ])
    expect(JSON.parse((await two.queue('check', '--json')).out.join(''))).toEqual([finding(false), lost])
    if (running) expect(two.log).toEqual([{ event: 'queue-repaired', ...finding(true) }])
  })

  it('is copied into a folder', async () => {
    const copies: string[] = []
    const rig = await createRig(running, { care: { backup: async (directory) => void copies.push(directory) } })
    expect(await rig.queue('backup', '/var/backup/queue')).toMatchObject({
      code: 0,
      out: ['copied to /var/backup/queue'],
    })
    await rig.queue('backup', 'here')
    expect(copies).toEqual(['/var/backup/queue', `${process.cwd()}/here`])
    if (running) expect(rig.log[0]).toEqual({ event: 'queue-backed-up', directory: '/var/backup/queue' })
  })

  it('says why it cannot be copied', async () => {
    const detail = { operation: 'backup' }
    const cause = new Error('ENOSPC')
    const rig = await createRig(running, {
      care: {
        async backup() {
          throw new QueueError('QUEUE_STORE_FAILED', 'backup: the disk failed', detail, { cause })
        },
      },
    })
    expect(await rig.queue('backup', '/full')).toEqual({
      code: 65,
      out: [],
      err: ['station queue: backup: the disk failed: ENOSPC'],
    })
  })
})
