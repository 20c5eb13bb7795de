import { Malformed } from './frames.ts'

/** Takes a value from the other side for what it says it is, or throws {@link Malformed}; keeps known fields only. */
export type Shape<T> = (value: unknown) => T

export const text: Shape<string> = (value) => (typeof value === 'string' ? value : wrong('a text', value))

export const number: Shape<number> = (value) => (typeof value === 'number' ? value : wrong('a number', value))

export const yes: Shape<true> = (value) => (value === true ? value : wrong('true', value))

export const flag: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : wrong('a boolean', value))

/** A number that counts something, or a place in a list. */
export const count: Shape<number> = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong('a count', value)

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value) => (Array.isArray(value) ? value.map((one) => item(one)) : wrong('a list', value))
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value))
}

export function word<T extends string>(...words: readonly T[]): Shape<T> {
  return (value) => words.find((one) => one === value) ?? wrong(words.join(' or '), value)
}

/** Any object. */
export const object: Shape<Readonly<Record<string, unknown>>> = (value) =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : wrong('an object', value)

/** An object of these fields; one that is `undefined` is left out. */
export function record<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K] | undefined> }): Shape<T> {
  const shapes = Object.entries(fields) as [string, Shape<unknown>][]
  return (value) => {
    const given = object(value)
    const found: Record<string, unknown> = {}
    for (const [name, shape] of shapes) {
      const field = shape(Object.hasOwn(given, name) ? given[name] : undefined)
      if (field !== undefined) found[name] = field
    }
    return found as T
  }
}

/** The members of a union that may be of this kind. */
export type OfKind<T extends { readonly kind: string }, K extends string> = T extends unknown
  ? K extends T['kind']
    ? T
    : never
  : never

/** An object that says by its `kind` what it is. */
export function variant<T extends { readonly kind: string }>(
  variants: {
    readonly [K in T['kind']]: Shape<OfKind<T, K>>
  },
): Shape<T> {
  const shapes = new Map(Object.entries(variants) as [string, Shape<T>][])
  return (value) => {
    const kind = typeof value === 'object' && value !== null ? (value as { readonly kind?: unknown }).kind : undefined
    const shape = typeof kind === 'string' ? shapes.get(kind) : undefined
    return shape === undefined ? wrong('a known kind', kind) : shape(value)
  }
}

function wrong(expected: string, value: unknown): never {
  throw new Malformed(`expected ${expected}, got ${typeof value}`)
}
