import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLogger, HostError, secret } from '../src/index.ts'

function collecting(options: { level?: 'info' | 'warn' | 'error' | 'silent'; maxText?: number } = {}) {
  const lines: string[] = []
  const to = new Writable({
    decodeStrings: false,
    write(line: string, _, done) {
      lines.push(line)
      done()
    },
  })
  const log = createLogger({ ...options, to, now: () => 1_790_000_000_000 })
  return { lines, log }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('log', () => {
  it('writes one line of JSON for each event, time as ISO 8601', async () => {
    const { lines, log } = collecting()
    log.info('accepted', { id: 'a1', recipients: ['b@example'], size: 7 })
    await turn()
    expect(lines).toEqual([
      '{"level":"info","time":"2026-09-21T14:13:20.000Z","msg":"accepted","id":"a1","recipients":["b@example"],"size":7}\n',
    ])
  })

  it('keeps to its level', async () => {
    const { lines, log } = collecting({ level: 'warn' })
    log.info('a', {})
    log.warn('b', {})
    log.error('c', {})
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['b', 'c'])
  })

  it('escapes what terminals and pagers obey, and stays the same data', async () => {
    const { lines, log } = collecting()
    const text = 'a\r\n\u001b[2J\u0000\u007f\u009b31m\u2028\u202e\u2066\ufeff\ud800"\\é中'
    log.info('said', { text })
    await turn()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
    expect(lines[0]?.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/)
    expect(JSON.parse(lines[0] ?? '').text).toBe(text)
  })

  it('caps texts, lists, mappings and depth', async () => {
    const { lines, log } = collecting({ maxText: 10 })
    const deep: Record<string, unknown> = {}
    deep.deep = deep
    log.info('big', {
      text: 'x'.repeat(25),
      list: Array.from({ length: 500 }, (_, at) => at),
      map: new Map(Array.from({ length: 500 }, (_, at) => [`__proto__${at}`, at])),
      octets: new Uint8Array(9),
      large: 2n ** 70n,
      deep,
      key: secret().parse('hunter2'),
      f: () => 1,
      nothing: undefined,
    })
    await turn()
    const line = JSON.parse(lines[0] ?? '')
    expect(line.text).toBe('xxxxxxxxxx [15 more]')
    expect(line.list).toHaveLength(100)
    expect(Object.keys(line.map)).toHaveLength(100)
    expect(line.octets).toBe('9 octets')
    expect(line.large).toBe('1180591620717411303424')
    expect(line.key).toBe('[redacted]')
    expect(line.deep).toEqual({ deep: { deep: { deep: { deep: { deep: null } } } } })
    expect(Object.keys(line)).not.toContain('f')
  })

  it('tells what errors say, with their causes', () => {
    const { lines, log } = collecting()
    const cause = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    log.error('failed', { error: new HostError('HOST_ADMIN_SOCKET', 'no', { path: '/x', because: 'y' }, { cause }) })
    expect(JSON.parse(lines[0] ?? '').error).toMatchObject({
      name: 'HostError',
      message: 'no',
      code: 'HOST_ADMIN_SOCKET',
      detail: { path: '/x' },
      cause: { message: 'no space', code: 'ENOSPC' },
    })
  })

  it('appends to a file: warnings at once with all before them, the rest at the end of the turn', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'host-'))
    const to = join(folder, 'log')
    const said = (): readonly string[] =>
      readFileSync(to, 'utf8')
        .split('\n')
        .map((line) => line && JSON.parse(line).msg)
    const log = createLogger({ to })
    log.info('one', {})
    expect(said()).toEqual([''])
    log.warn('two', {})
    expect(said()).toEqual(['one', 'two', ''])
    log.info('three', {})
    await turn()
    expect(said()).toEqual(['one', 'two', 'three', ''])
    createLogger({ to }).error('four', {})
    expect(said()).toEqual(['one', 'two', 'three', 'four', ''])
    rmSync(folder, { recursive: true })
  })

  it('writes lines of one turn at once', async () => {
    const { lines, log } = collecting()
    log.info('one', {})
    log.info('two', {})
    await turn()
    expect(lines.map((line) => line.split('\n').length - 1)).toEqual([2])
  })

  it('loses nothing when the process ends by itself', () => {
    const host = new URL('../src/index.ts', import.meta.url).href
    const script = `import { createLogger } from ${JSON.stringify(host)}
      createLogger().info('last', {})
      process.exit(3)`
    const ended = spawnSync(process.execPath, ['--conditions=@angarium/source', '--input-type=module', '-e', script])
    expect([ended.status, JSON.parse(ended.stdout.toString()).msg]).toEqual([3, 'last'])
  })

  it('does not wait for a reader that does not read: it drops and counts', async () => {
    const lines: string[] = []
    let goOn = (): void => undefined
    const to = new Writable({
      decodeStrings: false,
      write(line: string, _, done) {
        lines.push(line)
        goOn = done
      },
    })
    const log = createLogger({ to, maxText: 2 ** 20 })
    for (let at = 0; at < 20; at++) {
      log.info('big', { text: 'x'.repeat(2 ** 20) })
      await turn()
    }
    expect(to.writableLength).toBeLessThan(2 ** 23 + 2 ** 21)
    while (to.writableLength > 0) goOn()
    log.info('after', {})
    await turn()
    expect(
      lines
        .at(-1)
        ?.split('\n')
        .map((line) => line && JSON.parse(line)),
    ).toMatchObject([{ level: 'warn', msg: 'log-lines-dropped', count: 20 - lines.length + 1 }, { msg: 'after' }, ''])
  })

  it('outlives a reader that has gone', async () => {
    const to = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const log = createLogger({ to })
    log.info('one', {})
    await new Promise((resolve) => to.on('close', resolve))
    log.info('two', {})
  })

  it('throws when the file cannot be opened', () => {
    expect(() => createLogger({ to: '/nowhere/at/all' })).toThrow('ENOENT')
  })
})
