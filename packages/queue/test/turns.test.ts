import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TurnKey, Work } from '../src/lifecycle.ts'
import { leaseWork, senderOf, settleWork, Turns, workOf } from '../src/lifecycle.ts'

const now = 1_000

function fresh(sender: string, destination = 'a.example'): Work {
  const envelope = { reversePath: '', parameters: [], recipients: [{ address: 'r', parameters: [], destination }] }
  return workOf(envelope, { sender }, now)[0] as Work
}

function leased(work: Work): Work {
  return leaseWork(work, 'one', now + 1, now) as Work
}

/** A line that is kept elsewhere, as a store keeps it. */
function rig(limit?: number): {
  readonly waiting: Work[]
  readonly add: (sender: string) => Work
  readonly serve: (turns?: Turns) => string | undefined
  turns: Turns
  readonly anew: () => void
} {
  const waiting: Work[] = []
  const least = (of: TurnKey): number | undefined => {
    const places = waiting.filter((one) => one.destination === of.destination).flatMap(({ place }) => place ?? [])
    return places.length === 0 ? undefined : Math.min(...places)
  }
  const self = {
    waiting,
    turns: new Turns(least, limit),
    anew: () => {
      self.turns = new Turns(least, limit)
    },
    add: (sender: string) => {
      const work = self.turns.place(fresh(sender), now)
      waiting.push(work)
      return work
    },
    serve: () => {
      const first = waiting.toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0))[0]
      if (first === undefined) return undefined
      waiting.splice(waiting.indexOf(first), 1)
      self.turns.place(leased(first), now)
      return first.sender
    },
  }
  return self
}

describe('turns', () => {
  it('are kept by work that waits or is leased, and lost by what was attempted', () => {
    const turns = new Turns(() => undefined)
    const placed = turns.place(fresh('a'), now)
    expect(placed.place).toBeDefined()
    expect(turns.place(placed, now)).toBe(placed)
    const lease = leased(placed)
    expect(turns.place(lease, now)).toBe(lease)
    const ref = { id: 'x' as never, destination: 'a.example', fence: 1 }
    const settled = (recipients: Parameters<typeof settleWork>[1]['recipients']): Work =>
      turns.place(settleWork(lease, { lease: ref, recipients }, now) as Work, now)
    expect(settled([]).place).toBe(placed.place)
    expect(settled([{ index: 0, kind: 'returned', delay: 1 }]).place).toBeUndefined()
    expect(settled([{ index: 0, kind: 'deferred', delay: 0, because: '' }]).place).toBeUndefined()
    expect(settled([{ index: 0, kind: 'delivered' }]).place).toBeUndefined()
  })

  it('are not for work that is not due yet', () => {
    const turns = new Turns(() => undefined)
    const work = fresh('a')
    expect(
      turns.place({ ...work, recipients: work.recipients.map((one) => ({ ...one, nextAttempt: now + 1 })) }, now).place,
    ).toBeUndefined()
  })

  it('are apart for each destination and priority', () => {
    const turns = new Turns(() => undefined)
    for (let n = 0; n < 9; n++) turns.place(fresh('a'), now)
    const elsewhere = turns.place(fresh('a', 'b.example'), now)
    const other = turns.place({ ...fresh('a'), priority: 1 }, now)
    expect([elsewhere.place, other.place]).toEqual([turns.place(fresh('b', 'c.example'), now).place, elsewhere.place])
  })

  it('begin behind nobody after a restart, and before no more than one of each sender', () => {
    const line = rig()
    for (let n = 0; n < 50; n++) line.add('a')
    for (let n = 0; n < 20; n++) line.serve()
    line.anew()
    line.add('b')
    line.add('a')
    line.add('b')
    expect([line.serve(), line.serve(), line.serve(), line.serve()].join('')).toBe('abaa')
    expect([line.serve(), line.serve()].join('')).toContain('b')
  })

  it('do not go back when all that is known of a line is forgotten', () => {
    const line = rig(4)
    for (let n = 0; n < 30; n++) {
      line.add('a')
      line.serve()
    }
    const late = line.add('a')
    line.waiting.length = 0
    line.turns.place(leased(late), now)
    // Enough senders elsewhere for the limit.
    for (let n = 0; n < 20; n++) line.turns.place(fresh(`s${n}`, `d${n}.example`), now)
    expect(line.add('b').place).toBeGreaterThan(late.place ?? 0)
  })

  it('remember within the limit those with the most in line', () => {
    const line = rig(10)
    for (let n = 0; n < 40; n++) line.add('flood')
    const last = line.waiting.at(-1)?.place ?? 0
    for (let n = 0; n < 500; n++) line.add(`s${n}`)
    expect(line.add('flood').place).toBe(last + 1)
  })

  it('are fair and leave nobody waiting, whatever comes', () => {
    const step = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), fc.constant(undefined))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const line = rig()
        const overtaken = new Map<Work, Map<string, number>>()
        for (const sender of steps) {
          if (sender !== undefined) {
            // Nobody who waits with less than one ahead of it is kept by more than two of any other.
            const alone = !line.waiting.some((one) => one.sender === sender)
            const work = line.add(sender)
            if (alone) overtaken.set(work, new Map())
            continue
          }
          const before = new Set(line.waiting)
          const gone = line.serve()
          const [work] = [...before].filter((one) => !line.waiting.includes(one))
          if (work !== undefined) overtaken.delete(work)
          for (const others of overtaken.values()) {
            const count = (others.get(gone ?? '') ?? 0) + 1
            others.set(gone ?? '', count)
            expect(count).toBeLessThanOrEqual(2)
          }
        }
      }),
    )
  })
})

describe('the sender', () => {
  it.each([
    ['a@Example.ORG', 'example.org'],
    ['"a@b"@example.org', 'example.org'],
    ['a@[IPv6:2001:DB8::1]', '[ipv6:2001:db8::1]'],
    ['a@BÜCHER.example', 'bÜcher.example'],
    ['', ''],
    ['postmaster', ''],
    ['a@', ''],
    [`a@${'x'.repeat(300)}`, 'x'.repeat(255)],
    [`a@${'\u{1f4e7}'.repeat(90)}`, '\u{1f4e7}'.repeat(63)],
  ])('of case %#', (reversePath, sender) => {
    expect(senderOf({ reversePath }, {})).toBe(sender)
  })
})
