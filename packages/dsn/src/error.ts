/** What the caller did wrong, by code. */
export interface DsnErrorDetails {
  /** The reporting host's name is neither a domain nor an address literal. */
  readonly BAD_HOST: { readonly host: string }
  /** The original reverse-path is no mailbox, so nobody can be told. */
  readonly BAD_ADDRESS: { readonly address: string }
  /** A value that its ESMTP parameter cannot carry: characters it may not hold, or too many. */
  readonly BAD_PARAMETER: { readonly parameter: string; readonly value: string }
  /** The randomness handed in gave the same boundary again and again, and the content holds it. */
  readonly BOUNDARY_TAKEN: { readonly boundary: string }
}

/** Codes of {@link DsnError}. */
export type DsnErrorCode = keyof DsnErrorDetails

/** The caller's fault. What peers said and what messages hold never throws. */
export class DsnError<C extends DsnErrorCode = DsnErrorCode> extends Error {
  override readonly name = 'DsnError'
  readonly code: C
  readonly detail: DsnErrorDetails[C]

  constructor(code: C, message: string, detail: DsnErrorDetails[C]) {
    super(message)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends DsnErrorCode>(value: unknown, code: C): value is DsnError<C> {
    return value instanceof Error && value.name === 'DsnError' && (value as Partial<DsnError>).code === code
  }
}
