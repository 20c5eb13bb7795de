/** What went wrong, by code. */
export interface HostErrorDetails {
  /** No server listens on the administration socket, or it went away before its answer was complete. */
  readonly HOST_ADMIN_UNREACHABLE: { readonly path: string }
  /** Another server listens on it. */
  readonly HOST_ADMIN_IN_USE: { readonly path: string }
  /** The socket cannot be made there: the path is too long for the system, or the folder does not allow it. */
  readonly HOST_ADMIN_SOCKET: { readonly path: string; readonly because: string }
  /** The server answered that it cannot; the message is its text. A procedure throws this to say so. */
  readonly HOST_ADMIN_REFUSED: { readonly procedure: string }
}

/** Codes of {@link HostError}. */
export type HostErrorCode = keyof HostErrorDetails

/** Thrown when the caller or the machine is at fault. */
export class HostError<C extends HostErrorCode = HostErrorCode> extends Error {
  override readonly name = 'HostError'
  readonly code: C
  readonly detail: HostErrorDetails[C]

  constructor(code: C, message: string, detail: HostErrorDetails[C], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }

  /** Tells by name and code, so that two copies of the package agree. */
  static is<C extends HostErrorCode>(value: unknown, code: C): value is HostError<C> {
    return value instanceof Error && value.name === 'HostError' && (value as Partial<HostError>).code === code
  }
}
