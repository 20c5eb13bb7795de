/** What the caller did wrong, by code. */
export interface SaslErrorDetails {
  /** A call at the wrong moment: a response after the end, an answer to another need. */
  readonly SASL_MISUSE: { readonly mechanism: string; readonly call: string }
  /** Two mechanisms of one name, or a name that is none. */
  readonly SASL_BAD_MECHANISM: { readonly mechanism: string }
  /** A name, password or token that the mechanism cannot carry. The detail never holds it. */
  readonly SASL_BAD_CREDENTIALS: {
    readonly what: 'authcid' | 'authzid' | 'password' | 'token' | 'trace' | 'host' | 'decoySecret'
  }
  /** Parameters of a credential record outside their limits. */
  readonly SASL_BAD_SCHEME: { readonly scheme: string }
  /** This runtime's `node:crypto` lacks what the record needs (argon2 before Node 24). */
  readonly SASL_UNSUPPORTED: { readonly scheme: string }
}

/** Codes of {@link SaslError}. */
export type SaslErrorCode = keyof SaslErrorDetails

/** The caller's fault. Whatever a peer sends ends in a step, never in an exception. */
export class SaslError<C extends SaslErrorCode = SaslErrorCode> extends Error {
  override readonly name = 'SaslError'
  readonly code: C
  readonly detail: SaslErrorDetails[C]

  constructor(code: C, message: string, detail: SaslErrorDetails[C]) {
    super(message)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends SaslErrorCode>(value: unknown, code: C): value is SaslError<C> {
    return value instanceof Error && value.name === 'SaslError' && (value as Partial<SaslError>).code === code
  }
}
