import { createManualClock } from '@angarium/queue/testing'
import { expect, it } from 'vitest'
import { createThrottle, type ThrottleLimits } from '../src/login/throttle.ts'

const limits: ThrottleLimits = {
  failuresPerAddress: 10,
  failuresPerAccount: 5,
  window: 60_000,
  delay: 1_000,
  maxDelay: 10_000,
}

it('doubles the wait from the third failure on, up to the longest', () => {
  const throttle = createThrottle(createManualClock(), limits)
  const waits = Array.from({ length: 11 }, (_, at) => {
    const wait = throttle.judge('192.0.2.1', 'nobody')
    throttle.failed('192.0.2.1', `account ${at}`)
    return wait
  })
  expect(waits).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 'refused'])
})

it('counts an account wherever its failures come from, and addresses by IPv6 network', () => {
  const throttle = createThrottle(createManualClock(), limits)
  for (let at = 0; at < 5; at++) throttle.failed(`192.0.2.${at}`, 'alice')
  expect(throttle.judge('198.51.100.1', 'alice')).toBe('refused')
  expect(throttle.judge('192.0.2.1', 'bob')).toBe(0)
  for (let at = 0; at < 10; at++) throttle.failed(`2001:db8::${at}`, `account ${at}`)
  expect(throttle.judge('2001:db8:0:0:ffff::1', 'bob')).toBe('refused')
  expect(throttle.judge('2001:db8:0:1::1', 'bob')).toBe(0)
})

it('forgets one failure after the other', async () => {
  const clock = createManualClock()
  const throttle = createThrottle(clock, limits)
  for (let at = 0; at < 5; at++) throttle.failed('192.0.2.1', 'alice')
  expect(throttle.judge('192.0.2.1', 'alice')).toBe('refused')
  await clock.advance(11_999)
  expect(throttle.judge('192.0.2.1', 'alice')).toBe('refused')
  await clock.advance(1)
  expect(throttle.judge('192.0.2.1', 'alice')).toBe(4_000)
  await clock.advance(60_000)
  expect(throttle.judge('192.0.2.1', 'alice')).toBe(0)
})

it('keeps the counts of those who failed last', () => {
  const throttle = createThrottle(createManualClock(), limits)
  for (let at = 0; at < 3; at++) throttle.failed('192.0.2.1', 'alice')
  for (let at = 0; at < 9_999; at++) throttle.failed(`10.0.${at >> 8}.${at & 255}`, `account ${at}`)
  expect(throttle.judge('192.0.2.1', 'alice')).toBe(2_000)
  throttle.failed('192.0.2.2', 'x'.repeat(12_000))
  expect(throttle.judge('192.0.2.1', 'alice')).toBe(0)
  expect(throttle.judge('192.0.2.3', 'x'.repeat(300))).toBe(0)
})
