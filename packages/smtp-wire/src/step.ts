/**
 * What an incremental decoder answers: one item, a wish for more octets, or the name of what is wrong.
 * A decoder never throws for what a peer sent, and never looks past the end of the item it returns.
 */
export type Step<T, F extends string = string> = Item<T> | NeedMore | Fault<F>

/** One decoded item. `consumed` octets of the input belong to it; what follows is the caller's. */
export interface Item<T> {
  readonly kind: 'item'
  readonly value: T
  readonly consumed: number
}

/** The input holds no complete item yet and nothing wrong so far. Nothing was consumed. */
export interface NeedMore {
  readonly kind: 'need-more'
}

/** The peer's fault, as a value. `at` is the offset of the octet that decided, counted from the start of the input. */
export interface Fault<F extends string = string> {
  readonly kind: 'fault'
  readonly fault: F
  readonly at: number
}

/** Builds an {@link Item}. */
export const item = <T>(value: T, consumed: number): Item<T> => ({ kind: 'item', value, consumed })

/** The one {@link NeedMore}. */
export const needMore: NeedMore = { kind: 'need-more' }

/** Builds a {@link Fault}. */
export const fault = <F extends string>(name: F, at: number): Fault<F> => ({ kind: 'fault', fault: name, at })
