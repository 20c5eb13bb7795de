import { pipelining } from '@angarium/esmtp-extensions'
import type { Random } from '@angarium/queue'
import { createSeededRandom } from '@angarium/queue/testing'
import { formatPath, type Refusal, reply } from '@angarium/smtp-wire'
import { type ServerHandler, serve, type Transport } from '@angarium/smtp-wire/drive'
import type { Faults } from '@angarium/smtp-wire/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hosts, type Rig, reported, rig, run } from './rig.ts'

const domains = ['one.example', 'two.example', 'three.example']
const addresses = domains.flatMap((_, domain) => [1, 2].map((host) => `192.0.2.${domain + 1}${host}`))

/**
 * A server that refuses by chance, at every step and of both kinds, or ends behind the dot; `taken` counts what it took
 * for whom.
 */
function moody(transport: Transport, chance: (outOf: number) => boolean, taken: Map<string, number>): ServerHandler {
  const soft: Refusal = reply(450, '3.2', 'not now')
  const hard: Refusal = reply(550, '7.1', 'never')
  const or = <T>(good: T, outOf: number): T | Refusal => (chance(outOf) ? (chance(3) ? hard : soft) : good)
  return {
    greet: () => (chance(10) ? reply(chance(3) ? 554 : 450, undefined, 'no') : reply(220, undefined, 'mx.test')),
    hello: () => (chance(20) ? reply(chance(3) ? 550 : 450, undefined, 'no') : 'accept'),
    mail: () => or(reply(250, '1.0', 'ok'), 20),
    rcpt: () => or(reply(250, '1.5', 'ok'), 6),
    dataStart: () => or('go', 20),
    body: () => undefined,
    dataEnd: ({ transaction: { recipients } }) => {
      const answer = or(reply(250, '0.0', 'taken'), 10)
      if ('code' in answer && answer.code === 250)
        for (const path of recipients) taken.set(formatPath(path), (taken.get(formatPath(path)) ?? 0) + 1)
      if (chance(10)) transport.destroy()
      return answer
    },
    verb: () => reply(502, '5.1', 'no'),
    lookup: () => reply(252, '5.1', 'no'),
    ended: () => undefined,
    fault: () => undefined,
    secured: () => undefined,
    closed: () => undefined,
  }
}

function faults(random: Random, chance: (outOf: number) => boolean): Faults | undefined {
  if (chance(5)) return { dial: 'refuse' }
  return chance(3) ? { toClient: { after: random.below(400), how: chance(2) ? 'cut' : 'stall' } } : undefined
}

async function simulate(seed: number): Promise<{ readonly made: Rig; readonly taken: ReadonlyMap<string, number> }> {
  const random = createSeededRandom(seed)
  const chance = (outOf: number): boolean => random.below(outOf) === 0
  const made = await rig({ extensions: [pipelining], limits: { recipients: 3 } })
  const taken = new Map<string, number>()
  for (const [at, domain] of domains.entries()) hosts(made.zone, domain, ...addresses.slice(2 * at, 2 * at + 2))
  for (const address of addresses)
    made.network.listen(address, 25, (transport) => {
      // The next connection to this host breaks somewhere, or not.
      made.network.disturb(address, faults(random, chance))
      const handler = moody(transport, chance, taken)
      void serve(transport, { hostname: 'mx.test', handler, clock: made.clock, extensions: [pipelining] })
    })
  for (let n = 0; n < 12; n++) {
    const to = Array.from({ length: 1 + random.below(8) }, (_, r) => `m${n}r${r}@${domains[random.below(3)]}`)
    await made.put({ from: chance(4) ? '' : `sender${n}@here.example`, to })
  }
  await run(made)
  for (let day = 0; day < 7; day++) await made.clock.advance(86_400_000)
  return { made, taken }
}

describe('the ledger', () => {
  it('accounts for every recipient, whatever peers and network do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { made, taken } = await simulate(seed)
        const stats = await made.store.stats()
        expect(stats).toMatchObject({ queued: 0, held: 0, removed: 0, messages: 0 })
        expect(stats.accepted).toBe(stats.relayed + stats.delivered + stats.failed + stats.expired)

        const names = (...events: string[]): string[] => made.lines(...events).map(({ recipient }) => String(recipient))
        const relayed = names('relayed')
        const failed = names('failed', 'expired')
        const unsure = new Set(
          made
            .lines('deferred')
            .filter(({ because }) => String(because).endsWith('twice'))
            .map(({ recipient }) => String(recipient)),
        )
        // Each recipient has one end.
        expect(new Set([...relayed, ...failed]).size).toBe(relayed.length + failed.length)
        for (const recipient of relayed) expect(taken.get(`<${recipient}>`)).toBeGreaterThan(0)
        // Without a cut behind the dot nobody gets a message twice, or gets what is said to have failed.
        for (const [path, times] of taken) if (!unsure.has(path.slice(1, -1))) expect(times).toBe(1)
        for (const recipient of failed) if (!unsure.has(recipient)) expect(taken.has(`<${recipient}>`)).toBe(false)
        // Each failure is told once, to the sender of the message, unless there is none.
        const told = made.mail
          .filter(({ text }) => text.includes('Subject: Delivery Status Notification (Failure)'))
          .flatMap(({ text, item }) =>
            [...reported(text)].flatMap(([recipient, fields]) =>
              fields.get('Action') === 'failed' ? [`${recipient} ${item.address}`] : [],
            ),
          )
        const silent = new Set(names('double-bounce'))
        const due = failed.filter((recipient) => !silent.has(recipient))
        expect(told.sort()).toEqual(
          due.map((recipient) => `${recipient} sender${/^m(\d+)r/.exec(recipient)?.[1]}@here.example`).sort(),
        )
        expect(made.log.filter(({ event }) => event.endsWith('-error') || event === 'report-failed')).toEqual([])
        await made.delivery.close()
      }),
      { numRuns: 6 },
    )
  }, 120_000)
})
