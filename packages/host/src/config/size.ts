import type { ZodCodec, ZodNumber, ZodString } from 'zod'
import { measure } from './measure.ts'

/** Least and most that a {@link size} may be, in octets. */
export interface SizeBounds {
  readonly least?: number
  readonly most?: number
}

const units = [
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
  ['B', 1],
] as const

const pattern = '^[0-9]{1,15}(B|KiB|MiB|GiB)$'
const shape = new RegExp(pattern)

/** Octets of `50MiB`, `64KiB`, `2GiB`, `512B`; `undefined` when it is none. */
export function parseSize(text: string): number | undefined {
  const unit = shape.exec(text)?.[1]
  const octets = units.find(([name]) => name === unit)?.[1]
  return unit === undefined || octets === undefined ? undefined : Number(text.slice(0, -unit.length)) * octets
}

/** Writes octets as {@link parseSize} reads them, in the greatest unit that leaves no rest. */
export function formatSize(octets: number): string {
  const [unit, span] = units.find(([, span]) => octets >= span && octets % span === 0) ?? ['B', 1]
  return `${octets / span}${unit}`
}

/** A size: a string such as `50MiB` in the file, octets in the program. */
export function size({ least = 0, most = Number.MAX_SAFE_INTEGER }: SizeBounds = {}): ZodCodec<ZodString, ZodNumber> {
  return measure({
    expected: 'expected a size such as "64KiB" or "50MiB"',
    pattern,
    examples: ['64KiB', '50MiB'],
    least,
    most,
    parse: parseSize,
    format: formatSize,
  })
}
