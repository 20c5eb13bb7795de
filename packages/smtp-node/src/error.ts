/** What the caller or its machine did wrong, by code. */
export interface SmtpNodeErrorDetails {
  /** The address and port cannot be listened at. `because`: the system's code, such as `EADDRINUSE`. */
  readonly LISTEN_FAILED: { readonly address: string; readonly port: number; readonly because: string }
  /** A certificate, key or root cannot be used. `because`: what OpenSSL says. */
  readonly CERTIFICATE_UNUSABLE: { readonly part: 'certificate' | 'key' | 'ca'; readonly because: string }
  /** A transport was used out of turn: two reads at a time, TLS twice, or TLS as a server without a certificate. */
  readonly TRANSPORT_MISUSE: { readonly operation: string }
}

/** Codes of {@link SmtpNodeError}. */
export type SmtpNodeErrorCode = keyof SmtpNodeErrorDetails

/** The caller's fault or its machine's. What a peer or the network does is a value, a `DialError` or a `HandshakeError`. */
export class SmtpNodeError<C extends SmtpNodeErrorCode = SmtpNodeErrorCode> extends Error {
  override readonly name = 'SmtpNodeError'
  readonly code: C
  readonly detail: SmtpNodeErrorDetails[C]

  constructor(code: C, message: string, detail: SmtpNodeErrorDetails[C], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends SmtpNodeErrorCode>(value: unknown, code: C): value is SmtpNodeError<C> {
    return value instanceof Error && value.name === 'SmtpNodeError' && (value as Partial<SmtpNodeError>).code === code
  }
}

/** The code of an error of Node's, or its message where it has none. */
export function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  return code ?? message ?? String(error)
}
