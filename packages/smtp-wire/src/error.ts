/** What the caller did wrong, by code. */
export interface WireErrorDetails {
  /** A session was used out of turn: an answer without its event, octets fed too early. */
  readonly SESSION_MISUSE: { readonly operation: string }
  /** Two extensions own the same keyword, parameter or verb, or one lacks what it requires. */
  readonly EXTENSION_CONFLICT: { readonly what: string; readonly owners: readonly string[] }
  /** Text that was to go on the wire holds CR, LF, NUL or another control, or is too long. */
  readonly UNSAFE_TEXT: { readonly where: string }
  /** Content that was to be sent holds a CR or LF alone. `at` counts from the first octet of the content. */
  readonly BARE_LINE_END: { readonly at: number }
}

/** Codes of {@link WireError}. */
export type WireErrorCode = keyof WireErrorDetails

/** The caller's fault. What a peer does wrong is a value, never an exception. */
export class WireError<C extends WireErrorCode = WireErrorCode> extends Error {
  override readonly name = 'WireError'
  readonly code: C
  readonly detail: WireErrorDetails[C]

  constructor(code: C, message: string, detail: WireErrorDetails[C]) {
    super(message)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends WireErrorCode>(value: unknown, code: C): value is WireError<C> {
    return value instanceof Error && value.name === 'WireError' && (value as Partial<WireError>).code === code
  }
}
