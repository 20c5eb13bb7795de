/** One obligation of the extension contract. `run` throws a {@link ComplianceFailure} when the extension breaks it. */
export interface ExtensionCase {
  readonly name: string
  run(): void
}

/** An extension broke the contract. */
export class ComplianceFailure extends Error {
  override readonly name = 'ComplianceFailure'
}

/** @throws ComplianceFailure unless it holds */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ComplianceFailure(what)
}

/** @throws ComplianceFailure unless both are the same, part by part */
export function same(got: unknown, expected: unknown, what: string): void {
  if (!isSame(got, expected)) throw new ComplianceFailure(`${what}: expected ${show(expected)}, got ${show(got)}`)
}

/** Runs what must not throw, whatever it is given. */
export function quietly<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new ComplianceFailure(`${what} threw: ${String(error)}`)
  }
}

/** A copy of plain data that nobody can change; what is not plain stays as it is. */
export function frozen<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, frozen(part)]))) as T
}

/** Values in a message: short, and never an error of their own. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${show(part)}`)
      .join(', ')} }`
  return String(value)
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (a instanceof Set || a instanceof Map) return isSame([...a], [...(b as Iterable<unknown>)])
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && isSame(part(a, key), part(b, key)))
}

const part = (of: object, key: string): unknown => (of as Readonly<Record<string, unknown>>)[key]
