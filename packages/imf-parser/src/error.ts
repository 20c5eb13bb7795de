/** What the caller did wrong, by code. */
export interface ImfErrorDetails {
  /** Text to be written holds CR, LF, NUL or another control, or half a surrogate pair. `at` counts UTF-16 units. */
  readonly UNSAFE_TEXT: { readonly where: string; readonly at: number }
  /** Text beyond ASCII where only ASCII may stand, and it has no ASCII form. */
  readonly NOT_ASCII: { readonly where: string }
  /** A field name is not one or more printable ASCII characters without colon. */
  readonly BAD_FIELD_NAME: { readonly name: string }
  /** A part without white space would make a line of more than 998 octets. */
  readonly LINE_TOO_LONG: { readonly where: string; readonly octets: number }
  /** A local-part, domain, group or message identifier that has no legal spelling. */
  readonly BAD_ADDRESS: { readonly address: string }
  /** A moment or an offset a date-time cannot express. */
  readonly BAD_DATE: { readonly instant: number; readonly offset: number }
  /** A scanner was fed after its end was told. */
  readonly SCANNER_MISUSE: { readonly operation: string }
}

/** Codes of {@link ImfError}. */
export type ImfErrorCode = keyof ImfErrorDetails

/** The caller's fault. What a message does wrong is a value, never an exception. */
export class ImfError<C extends ImfErrorCode = ImfErrorCode> extends Error {
  override readonly name = 'ImfError'
  readonly code: C
  readonly detail: ImfErrorDetails[C]

  constructor(code: C, message: string, detail: ImfErrorDetails[C]) {
    super(message)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends ImfErrorCode>(value: unknown, code: C): value is ImfError<C> {
    return value instanceof Error && value.name === 'ImfError' && (value as Partial<ImfError>).code === code
  }
}
