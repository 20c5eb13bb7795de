import { expect, it } from 'vitest'
import { sendSoon } from '../src/transport/outbox.ts'

function senders(count: number): { readonly sent: readonly number[]; readonly all: readonly (() => void)[] } {
  const sent: number[] = []
  const all = Array.from({ length: count }, (_, at) => () => sendSoon({ sendPending: () => void sent.push(at) }))
  return { sent, all }
}

it('what is put off goes when the turn ends, in its order', async () => {
  const { sent, all } = senders(3)
  for (const send of all) send()
  await Promise.resolve()
  expect(sent).toEqual([])
  await new Promise(setImmediate)
  expect(sent).toEqual([0, 1, 2])
})

it('many do not wait for the end of the turn', async () => {
  const { sent, all } = senders(20)
  for (const send of all) send()
  expect(sent).toEqual(Array.from({ length: 16 }, (_, at) => at))
  await new Promise(setImmediate)
  expect(sent.length).toBe(20)
})
