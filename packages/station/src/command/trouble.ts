import { exitCodes, HostError } from '@angarium/host'
import { QueueError } from '@angarium/queue'

/** Why a command could not do its work, in words for the operator, and the exit code for it. */
export interface Trouble {
  readonly text: string
  readonly code: number
}

/** Explains what is known to go wrong; `undefined` for what is a fault of the program. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (QueueError.is(error, 'QUEUE_LOCKED'))
    return { text: `the queue in ${error.detail.where} is in use by another process`, code: exitCodes.unavailable }
  if (QueueError.is(error, 'QUEUE_FORMAT')) {
    const { where, found, expected } = error.detail
    return { text: `${where}: expected ${expected}, found ${found}; it was left as it is`, code: exitCodes.data }
  }
  if (QueueError.is(error, 'QUEUE_STORE_FAILED'))
    return { text: `the queue cannot be used: ${error.message}${causeOf(error)}`, code: exitCodes.cannotCreate }
  if (HostError.is(error, 'HOST_ADMIN_REFUSED')) return { text: error.message, code: exitCodes.data }
  if (HostError.is(error, 'HOST_ADMIN_SOCKET')) return { text: error.message, code: exitCodes.cannotCreate }
  if (HostError.is(error, 'HOST_ADMIN_IN_USE') || HostError.is(error, 'HOST_ADMIN_UNREACHABLE'))
    return { text: error.message, code: exitCodes.unavailable }
  if (isListenFailed(error)) {
    const { address, port, because } = error.detail
    const place = `${address} port ${port}`
    return {
      text: `${place}: ${listening.get(because) ?? `cannot listen there: ${because}`}`,
      code: exitCodes.unavailable,
    }
  }
  if (error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined)
    return { text: error.message, code: exitCodes.cannotCreate }
  return undefined
}

interface ListenFailed {
  readonly detail: { readonly address: string; readonly port: number; readonly because: string }
}

/** What the driver of a listener throws, told by its code as the driver is the app's. */
function isListenFailed(error: unknown): error is ListenFailed {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'LISTEN_FAILED'
}

const listening = new Map([
  ['EADDRINUSE', 'is in use by another program'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EACCES', 'no permission to listen there'],
])

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `: ${cause.message}` : ''
}
