import fc from 'fast-check'
import type { Change, RecipientSettlement } from '../src/index.ts'

type Outcome = RecipientSettlement extends infer S ? (S extends unknown ? Omit<S, 'index'> : never) : never

/** What is done to a queue. `back` counts from the latest message or lease. */
export type Operation =
  | { readonly do: 'commit'; readonly to: readonly string[]; readonly wait: number }
  | { readonly do: 'lease'; readonly at: string }
  | { readonly do: 'settle'; readonly back: number; readonly outcomes: readonly (Outcome | undefined)[] }
  | { readonly do: 'change'; readonly back: number; readonly at: string | undefined; readonly change: Change }
  | { readonly do: 'advance'; readonly by: number }
  | { readonly do: 'restart' }

const destinations = ['a.example', 'b.example', 'c.example'] as const
const destination = fc.constantFrom(...destinations)
const delay = fc.constantFrom(0, 1, 5_000, 30_000, 90_000)

const outcome: fc.Arbitrary<Outcome | undefined> = fc.oneof(
  fc.constantFrom<Outcome | undefined>(
    { kind: 'delivered' },
    { kind: 'relayed' },
    { kind: 'expanded' },
    { kind: 'failed', status: '5.1.1', because: 'model' },
    { kind: 'expired', status: '4.4.7', because: 'model' },
    { kind: 'returned' },
    undefined,
  ),
  delay.map((ms): Outcome => ({ kind: 'deferred', delay: ms, because: 'model' })),
  delay.map((ms): Outcome => ({ kind: 'returned', delay: ms })),
)

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom<Change>(
    { kind: 'hold', because: 'hold' },
    { kind: 'release' },
    { kind: 'release', early: true },
    { kind: 'expedite' },
    { kind: 'remove' },
    { kind: 'bounce', because: 'enough' },
  ),
  destination.map((to): Change => ({ kind: 'reroute', destination: to })),
)

const back = fc.oneof(fc.nat(2), fc.nat(20))

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('lease' as const), at: destination }), weight: 6 },
  {
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      back,
      outcomes: fc.array(outcome, { minLength: 3, maxLength: 3 }),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      to: fc.array(destination, { minLength: 1, maxLength: 3 }),
      wait: fc.constantFrom(0, 0, 0, 40_000),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      back,
      at: fc.option(destination, { nil: undefined }),
      change,
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.constantFrom(1, 5_000, 30_000, 61_000) }),
    weight: 4,
  },
  { arbitrary: fc.constant<Operation>({ do: 'restart' }), weight: 1 },
)
