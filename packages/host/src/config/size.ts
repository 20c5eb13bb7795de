import * as z from 'zod'

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
export function size({
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
}: SizeBounds = {}): z.ZodCodec<z.ZodString, z.ZodNumber> {
  const text = z.string({ error: 'expected a size such as "64KiB" or "50MiB"' })
  return z.codec(text.meta({ pattern, examples: ['64KiB', '50MiB'] }), z.number(), {
    decode(input, context) {
      const octets = parseSize(input)
      const reason =
        octets === undefined
          ? 'expected a size such as "64KiB" or "50MiB"'
          : octets < least
            ? `must be at least ${formatSize(least)}`
            : octets > most
              ? `must be at most ${formatSize(most)}`
              : undefined
      if (octets !== undefined && reason === undefined) return octets
      context.issues.push({ code: 'custom', input, message: reason ?? '' })
      return z.NEVER
    },
    encode: formatSize,
  })
}
