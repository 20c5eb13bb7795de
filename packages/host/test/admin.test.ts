import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AdminProcedure, type AdminServer, callAdmin, HostError, serveAdmin } from '../src/index.ts'

let folder: string
let path: string
let server: AdminServer | undefined
const warnings: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-'))
  path = join(folder, 'admin.sock')
})
afterEach(async () => {
  await server?.close()
  server = undefined
  warnings.length = 0
  rmSync(folder, { recursive: true })
})

async function serve(procedures: Record<string, AdminProcedure>): Promise<void> {
  const tell = (event: string): void => void warnings.push(event)
  const log = { info: tell, warn: tell, error: tell }
  server = await serveAdmin({ path, procedures: new Map(Object.entries(procedures)), log })
}

async function values(procedure: string, input?: unknown): Promise<unknown[]> {
  const result: unknown[] = []
  for await (const value of callAdmin(path, procedure, input)) result.push(value)
  return result
}

function raw(method: string, url: string, body: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: path, method, path: url }, async (response) => {
      let text = ''
      for await (const piece of response) text += String(piece)
      resolve({ status: response.statusCode, text })
    })
    call.on('error', reject)
    call.end(body)
  })
}

describe('administration socket', () => {
  it('answers with values, one after another, and is for its owner alone', async () => {
    await serve({
      async *count(input) {
        for (let at = 0; at < (input as { to: number }).to; at++) yield { at }
      },
      async *nothing() {},
    })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await values('count', { to: 3 })).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }])
    expect(await values('nothing')).toEqual([])
  })

  it('carries many values without holding them all', async () => {
    const total = 20_000
    await serve({
      async *many() {
        for (let at = 0; at < total; at++) yield 'x'.repeat(100)
      },
    })
    expect(await values('many')).toHaveLength(total)
  })

  it('leaves the server its turn between values', async () => {
    let turn = 0
    let running = true
    const tick = (): void => {
      turn++
      if (running) setImmediate(tick)
    }
    tick()
    const turns: number[] = []
    await serve({
      async *many() {
        for (let at = 0; at < 1_000; at++) {
          turns.push(turn)
          yield at
        }
      },
    })
    await values('many')
    running = false
    for (const [at, one] of turns.entries()) if (at >= 40) expect(one).toBeGreaterThan(turns[at - 40] ?? 0)
  })

  it('ends a procedure whose caller has gone', async () => {
    let ended = false
    let first = true
    await serve({
      async *endless() {
        try {
          for (;;) yield 'x'.repeat(10_000)
        } finally {
          ended = true
        }
      },
    })
    for await (const _ of callAdmin(path, 'endless', undefined)) {
      if (!first) break
      first = false
    }
    while (!ended) await new Promise((resolve) => setImmediate(resolve))
  })

  it('passes on refusals, also after the first value, and logs faults', async () => {
    await serve({
      async *refuse() {
        yield 1
        throw new HostError('HOST_ADMIN_REFUSED', 'no message x', { procedure: 'refuse' })
      },
      atOnce() {
        throw new HostError('HOST_ADMIN_REFUSED', 'not like that', { procedure: 'atOnce' })
      },
      async *fault() {
        yield 1
        throw new Error('bug')
      },
    })
    await expect(values('refuse')).rejects.toMatchObject({ code: 'HOST_ADMIN_REFUSED', message: 'no message x' })
    await expect(values('atOnce')).rejects.toMatchObject({ message: 'not like that' })
    expect(warnings).toEqual([])
    await expect(values('fault')).rejects.toMatchObject({ code: 'HOST_ADMIN_REFUSED', message: 'bug' })
    expect(warnings).toEqual(['admin-failed'])
  })

  it('refuses what is no call', async () => {
    await serve({ async *go() {} })
    await expect(values('stop')).rejects.toMatchObject({ message: 'there is no procedure stop' })
    expect(await raw('GET', '/go', '')).toMatchObject({ status: 404 })
    expect(await raw('POST', '/go', '{')).toMatchObject({ status: 400 })
    expect(await raw('POST', '/go', JSON.stringify('x'.repeat(70_000)))).toMatchObject({ status: 413 })
    expect(await raw('POST', '/go', '')).toEqual({ status: 200, text: '{"end":true}\n' })
  })

  it('tells that no server answers', async () => {
    await expect(values('go')).rejects.toMatchObject({ code: 'HOST_ADMIN_UNREACHABLE', detail: { path } })
  })

  it.each([
    ['by ending', 'connection: close\r\n\r\n{"value":1}\n'],
    ['within a line', 'content-length: 100\r\n\r\n{"value":1}\n{"val'],
  ])('tells that the server went away before the end: %s', async (_, rest) => {
    const half = createServer((socket) => {
      socket.resume().end(`HTTP/1.1 200 OK\r\n${rest}`)
    })
    await new Promise<void>((resolve) => half.listen(path, resolve))
    await expect(values('go')).rejects.toMatchObject({ code: 'HOST_ADMIN_UNREACHABLE' })
    await new Promise((resolve) => half.close(resolve))
  })

  it('takes the place of a dead server, not of a living one', async () => {
    writeFileSync(path, '')
    await serve({ async *go() {} })
    await expect(serve({})).rejects.toMatchObject({ code: 'HOST_ADMIN_IN_USE' })
    expect(await values('go')).toEqual([])
  })

  it('says when no socket can be made', async () => {
    path = join(folder, 'not/there.sock')
    await expect(serve({})).rejects.toMatchObject({ code: 'HOST_ADMIN_SOCKET' })
    path = join(folder, 'x'.repeat(120))
    await expect(serve({})).rejects.toMatchObject({ code: 'HOST_ADMIN_SOCKET' })
  })
})
