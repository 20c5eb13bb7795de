import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { HostError } from '../error.ts'
import { socketPath } from './socket-path.ts'

/**
 * Calls a procedure on an administration socket; yields its values as they come.
 *
 * @throws HostError HOST_ADMIN_UNREACHABLE when no server answers or it goes away, HOST_ADMIN_REFUSED with its text.
 */
export async function* callAdmin(path: string, procedure: string, input: unknown): AsyncGenerator<unknown> {
  const response = await send(path, procedure, input)
  try {
    for await (const text of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = JSON.parse(text) as { value?: unknown; error?: string; end?: true }
      if (line.error !== undefined) throw new HostError('HOST_ADMIN_REFUSED', line.error, { procedure })
      if (line.end) return
      yield line.value
    }
  } catch (error) {
    if (HostError.is(error, 'HOST_ADMIN_REFUSED')) throw error
    throw unreachable(path, error)
  } finally {
    response.destroy()
  }
  throw unreachable(path, undefined)
}

function send(path: string, procedure: string, input: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    // A connection kept for the next call may be gone by then.
    const where = { socketPath: socketPath(path), path: `/${procedure}`, agent: false }
    const call = request({ ...where, method: 'POST', headers }, resolve)
    call.on('error', (error) => reject(unreachable(path, error)))
    call.end(input === undefined ? '' : JSON.stringify(input))
  })
}

function unreachable(path: string, cause: unknown): HostError<'HOST_ADMIN_UNREACHABLE'> {
  return new HostError('HOST_ADMIN_UNREACHABLE', `no server answers on ${path}`, { path }, { cause })
}
