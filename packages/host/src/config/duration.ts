import type { ZodCodec, ZodNumber, ZodString } from 'zod'
import { measure } from './measure.ts'

/** Least and most that a {@link duration} may be, in milliseconds. */
export interface DurationBounds {
  readonly least?: number
  readonly most?: number
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

const pattern = '^(?=.)([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$'
const shape = new RegExp(pattern)
const year = 365 * 86_400_000

/** Milliseconds of `5m`, `66m40s`, `5d`, `1h30m`, `250ms`; `undefined` when it is none. Units from great to small. */
export function parseDuration(text: string): number | undefined {
  const parts = shape.exec(text)
  if (parts === null) return undefined
  return units.reduce((sum, [unit, ms], at) => sum + ms * Number(parts[at + 1]?.slice(0, -unit.length) ?? 0), 0)
}

/** Writes milliseconds as {@link parseDuration} reads them; a fraction of a millisecond is cut. */
export function formatDuration(ms: number): string {
  let left = Math.trunc(ms)
  let text = ''
  for (const [unit, span] of units) {
    const count = Math.floor(left / span)
    left -= count * span
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}

/** A span of time: a string such as `5m` in the file, milliseconds in the program. From 1 ms to a year unless bounded. */
export function duration({ least = 1, most = year }: DurationBounds = {}): ZodCodec<ZodString, ZodNumber> {
  return measure({
    expected: 'expected a span of time such as "5m", "66m40s" or "5d"',
    pattern,
    examples: ['30s', '5m', '66m40s', '5d'],
    least,
    most,
    parse: parseDuration,
    format: formatDuration,
  })
}
