/** What the caller did wrong, by code. */
export interface DeliveryErrorDetails {
  /** An option that cannot be meant. */
  readonly DELIVERY_OPTION: { readonly option: string; readonly because: string }
  /** `deliver` was called after `close`. */
  readonly DELIVERY_CLOSED: { readonly id: string }
}

/** Codes of {@link DeliveryError}. */
export type DeliveryErrorCode = keyof DeliveryErrorDetails

/** The caller's fault. What peers, DNS and mailboxes do is an outcome, never an exception. */
export class DeliveryError<C extends DeliveryErrorCode = DeliveryErrorCode> extends Error {
  override readonly name = 'DeliveryError'
  readonly code: C
  readonly detail: DeliveryErrorDetails[C]

  constructor(code: C, message: string, detail: DeliveryErrorDetails[C]) {
    super(message)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends DeliveryErrorCode>(value: unknown, code: C): value is DeliveryError<C> {
    return value instanceof Error && value.name === 'DeliveryError' && (value as Partial<DeliveryError>).code === code
  }
}
