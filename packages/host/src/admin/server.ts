import { once } from 'node:events'
import { unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HostError } from '../error.ts'
import type { HostLog } from '../log/logger.ts'
import { socketPath } from './socket-path.ts'

/** Answers a call with values, one after another. Throws HostError HOST_ADMIN_REFUSED with a text for the caller. */
export type AdminProcedure = (input: unknown) => AsyncIterable<unknown>

/** What an administration socket offers. */
export interface AdminOptions {
  /** The socket's file. It is readable and writable for its owner alone. */
  readonly path: string
  readonly procedures: ReadonlyMap<string, AdminProcedure>
  readonly log: HostLog
}

/** A socket that answers. */
export interface AdminServer {
  /** Calls under way are cut off. */
  close(): Promise<void>
}

/** Octets of one call's input. */
const maxInput = 65_536

/** After so many values in a row the server's own work has its turn. */
const valuesInARow = 32

/**
 * Answers calls on a Unix socket: `POST /<procedure>` with JSON, answered by lines of JSON: `{"value":...}` for each
 * value, then `{"end":true}` or `{"error":"..."}`. A socket file left behind by a dead server is replaced.
 *
 * @throws HostError HOST_ADMIN_IN_USE when a server answers there, HOST_ADMIN_SOCKET when no socket can be made.
 */
export async function serveAdmin(options: AdminOptions): Promise<AdminServer> {
  const { log } = options
  const path = socketPath(options.path)
  if (await answers(path))
    throw new HostError('HOST_ADMIN_IN_USE', `a server is already running on ${options.path}`, { path: options.path })
  await unlink(path).catch(() => undefined)
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(options, request, response).catch((error: unknown) => log.warn('admin-failed', { error }))
  })
  server.maxConnections = 16
  try {
    await listen(server, path)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    const message = `no socket can be made at ${options.path}: ${because}`
    throw new HostError('HOST_ADMIN_SOCKET', message, { path: options.path, because }, { cause: error })
  }
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening')
  // The file is made within this call: at no time has it other permissions.
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await listening
}

/** Whether somebody answers on a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
}

async function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (status: number, error: string): void => {
    response.writeHead(status, { 'content-type': 'application/x-ndjson', connection: 'close' })
    response.end(line({ error }))
  }
  const name = (request.url ?? '/').slice(1)
  const procedure = options.procedures.get(name)
  if (request.method !== 'POST' || procedure === undefined) return refuse(404, `there is no procedure ${name}`)
  const text = await inputOf(request)
  if (text === undefined) return refuse(413, `the input is longer than ${maxInput} octets`)
  let input: unknown
  try {
    input = text === '' ? undefined : JSON.parse(text)
  } catch {
    return refuse(400, 'the input is not JSON')
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  // A caller who goes away ends the procedure.
  await pipeline(Readable.from(lines(name, () => procedure(input), options.log)), response).catch(() => undefined)
}

async function* lines(procedure: string, call: () => AsyncIterable<unknown>, log: HostLog): AsyncGenerator<string> {
  try {
    let count = 0
    for await (const value of call()) {
      yield line({ value })
      if (++count % valuesInARow === 0) await nextTurn()
    }
    yield line({ end: true })
  } catch (error) {
    if (!HostError.is(error, 'HOST_ADMIN_REFUSED')) log.warn('admin-failed', { procedure, error })
    yield line({ error: error instanceof Error ? error.message : String(error) })
  }
}

async function inputOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let octets = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    octets += piece.length
    if (octets > maxInput) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
