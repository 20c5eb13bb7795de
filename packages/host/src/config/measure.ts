import * as z from 'zod'

/** A number that a person writes with a unit. */
interface Measure {
  /** What is said of a text that is none. */
  readonly expected: string
  /** The form of its text, for editors. */
  readonly pattern: string
  readonly examples: string[]
  readonly least: number
  readonly most: number
  /** `undefined` for a text that is none. */
  parse(text: string): number | undefined
  format(value: number): string
}

/** A text in the file, a number within its bounds in the program. */
export function measure(of: Measure): z.ZodCodec<z.ZodString, z.ZodNumber> {
  const { expected, pattern, examples } = of
  return z.codec(z.string({ error: expected }).meta({ pattern, examples }), z.number(), {
    decode(input, context) {
      const value = of.parse(input)
      const reason = complaint(value, of)
      if (value !== undefined && reason === undefined) return value
      context.issues.push({ code: 'custom', input, message: reason ?? '' })
      return z.NEVER
    },
    encode: (value) => of.format(value),
  })
}

function complaint(value: number | undefined, { expected, least, most, format }: Measure): string | undefined {
  if (value === undefined) return expected
  if (value < least) return `must be at least ${format(least)}`
  return value > most ? `must be at most ${format(most)}` : undefined
}
