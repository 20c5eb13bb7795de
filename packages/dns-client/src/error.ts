/** What went wrong, by code. */
export interface DnsErrorDetails {
  /** An option of a resolver or server cannot be used as given. */
  readonly DNS_OPTION: { readonly option: string; readonly because: string }
  /** A record of a zone cannot be written on the wire. */
  readonly DNS_ZONE: { readonly name: string; readonly because: string }
  /** The zone server could not take its address and port. */
  readonly DNS_LISTEN: { readonly address: string; readonly port: number }
}

/** Codes of {@link DnsError}. */
export type DnsErrorCode = keyof DnsErrorDetails

/** Thrown when the caller or its machine is at fault. What a name server does or fails to do is an answer, never this. */
export class DnsError<C extends DnsErrorCode = DnsErrorCode> extends Error {
  override readonly name = 'DnsError'
  readonly code: C
  readonly detail: DnsErrorDetails[C]

  constructor(code: C, message: string, detail: DnsErrorDetails[C], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends DnsErrorCode>(value: unknown, code: C): value is DnsError<C> {
    return value instanceof Error && value.name === 'DnsError' && (value as Partial<DnsError>).code === code
  }
}
