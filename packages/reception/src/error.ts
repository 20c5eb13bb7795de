/** What the caller did wrong, by code. */
export interface ReceptionErrorDetails {
  /** A name, an address range or a number handed in cannot be used, or a session was driven out of turn. */
  readonly RECEPTION_MISUSE: { readonly what: string; readonly value: string }
}

/** Codes of {@link ReceptionError}. */
export type ReceptionErrorCode = keyof ReceptionErrorDetails

/** The caller's fault. What a peer does wrong is answered, never thrown. */
export class ReceptionError<C extends ReceptionErrorCode = ReceptionErrorCode> extends Error {
  override readonly name = 'ReceptionError'
  readonly code: C
  readonly detail: ReceptionErrorDetails[C]

  constructor(code: C, message: string, detail: ReceptionErrorDetails[C]) {
    super(message)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends ReceptionErrorCode>(value: unknown, code: C): value is ReceptionError<C> {
    return value instanceof Error && value.name === 'ReceptionError' && (value as Partial<ReceptionError>).code === code
  }
}

/** A {@link ReceptionError} for a value that cannot be used. */
export function misuse(what: string, value: string): ReceptionError<'RECEPTION_MISUSE'> {
  return new ReceptionError('RECEPTION_MISUSE', `${what}: ${value}`, { what, value })
}
