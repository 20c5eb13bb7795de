/** Where a command writes. */
export interface Console {
  out(line: string): void
  err(line: string): void
}

/** The command line cannot be understood; the text says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Text from outside, safe for a terminal: what is not printable is shown as `\u{...}`, what is long is cut.
 */
export function visible(text: string, most = 500): string {
  const shown = text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
  return shown.length > most ? `${shown.slice(0, most)}...` : shown
}
