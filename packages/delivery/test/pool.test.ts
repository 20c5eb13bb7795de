import { createManualClock, type ManualClock, settled } from '@angarium/queue/testing'
import type { ClientConnection } from '@angarium/smtp-wire/drive'
import { describe, expect, it } from 'vitest'
import { Pool, type PoolLimits } from '../src/transport/pool.ts'
import { Stop } from '../src/transport/stop.ts'
import { type Session, sessionOf, type Target, targetsOf } from '../src/transport/target.ts'
import { never } from './lease.ts'

const stop = new Stop(never)

/** A target at the host of a next hop. */
function target(nextHop: string, address: string = '192.0.2.1'): Target {
  const host = { host: 'mx.example', canonicalName: 'mx.example', addresses: [address], rank: 0, authentic: false }
  const routing = { kind: 'hosts', by: 'mx', nextHop, hosts: [host], port: 25, protocol: 'smtp' } as const
  const [one] = targetsOf({ ...routing, tls: undefined, canonicalName: '', authentic: false }, host, false)
  if (one === undefined) throw new Error('no target')
  return one
}

interface Made {
  readonly clock: ManualClock
  readonly pool: Pool
  /** Names of the sessions that were left, in order. */
  readonly left: readonly string[]
  session(name: string, target: Target): Session
}

function make(limits: Partial<PoolLimits> = {}): Made {
  const clock = createManualClock()
  const all = { idleMs: 5_000, idleSessions: 10, idlePerNextHop: 3, transactionsPerSession: 100, ...limits }
  const left: string[] = []
  return {
    clock,
    pool: new Pool(clock, all),
    left,
    session(name, target) {
      const connection = {
        usable: true,
        offers: new Map(),
        probe: async () => name !== 'dead',
        quit: async () => void left.push(name),
        close: () => void left.push(`${name} cut`),
      }
      return sessionOf(target, connection as unknown as ClientConnection, [])
    },
  }
}

describe('a pool', () => {
  it('gives the session that ended last', async () => {
    const { pool, session } = make()
    const [one, two] = ['one', 'two'].map((name) => session(name, target('a')))
    if (one === undefined || two === undefined) throw new Error()
    pool.put(one)
    pool.put(two)
    expect(await pool.take(target('a'), stop)).toBe(two)
    pool.put(two)
    expect(await pool.take(target('a'), stop)).toBe(two)
    expect(await pool.take(target('a'), stop)).toBe(one)
    expect(await pool.take(target('a'), stop)).toBeUndefined()
  })

  it('gives it to whoever goes to the same address of the same host, whatever the next hop', async () => {
    const { pool, session } = make()
    const one = session('one', target('a'))
    pool.put(one)
    expect(pool.waiting(target('b'))).toBe(1)
    expect(await pool.take(target('a', '192.0.2.2'), stop)).toBeUndefined()
    expect(await pool.take(target('b'), stop)).toBe(one)
    expect(one.target.nextHop).toBe('b')
    pool.put(one)
    expect([pool.size, pool.waiting(target('a'))]).toEqual([1, 1])
  })

  it('keeps so many for a next hop, wherever they lead, and so many in all', async () => {
    const { pool, session, left } = make({ idleSessions: 5 })
    for (let n = 1; n <= 4; n++) pool.put(session(`a${n}`, target('a', `192.0.2.${n}`)))
    expect([pool.size, left]).toEqual([3, ['a1']])
    for (let n = 1; n <= 3; n++) pool.put(session(`b${n}`, target('b')))
    expect([pool.size, left]).toEqual([5, ['a1', 'a2']])
    // What was taken counts no longer.
    await pool.take(target('b'), stop)
    pool.put(session('b4', target('b')))
    expect([pool.size, left]).toEqual([5, ['a1', 'a2']])
  })

  it('lets each wait for so long since it was put, with one timer for all', async () => {
    const { pool, session, left, clock } = make()
    const [one, two] = ['one', 'two'].map((name) => session(name, target('a')))
    if (one === undefined || two === undefined) throw new Error()
    pool.put(one)
    await clock.advance(3_000)
    pool.put(two)
    expect(clock.timers).toBe(1)
    await clock.advance(1_999)
    expect(left).toEqual([])
    await clock.advance(1)
    expect(left).toEqual(['one'])
    await clock.advance(2_999)
    expect(left).toEqual(['one'])
    await clock.advance(1)
    expect([left, pool.size, clock.timers]).toEqual([['one', 'two'], 0, 0])
    pool.put(session('three', target('a')))
    await clock.advance(5_000)
    expect(left).toEqual(['one', 'two', 'three'])
  })

  it('asks one that has waited for a second, and gives the next where it is dead', async () => {
    const { pool, session, left, clock } = make()
    const one = session('one', target('a'))
    pool.put(one)
    pool.put(session('dead', target('a')))
    await clock.advance(1_000)
    expect(await pool.take(target('a'), stop)).toBe(one)
    expect(left).toEqual(['dead cut'])
  })

  it('ends all when it is closed, and keeps none then', async () => {
    const { pool, session, left, clock } = make()
    pool.put(session('one', target('a')))
    await pool.close()
    pool.put(session('two', target('a')))
    await settled()
    expect([left, pool.size, clock.timers]).toEqual([['one', 'two'], 0, 0])
  })
})
