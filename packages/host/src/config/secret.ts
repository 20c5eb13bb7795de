import * as z from 'zod'

const shown = '[redacted]'

/** A text that shows itself to nobody who does not ask: logs and JSON say `[redacted]`. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }
}

/** A text of the file that becomes a {@link Secret} in the program. */
export function secret(): z.ZodType<Secret, string> {
  return z.string().transform((text) => new Secret(text))
}
