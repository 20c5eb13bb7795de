import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@angarium/station/command'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { program } from '../src/command/program.ts'
import { angarium, freePort, type Program, startAngarium } from './program.ts'

// The server is a process of its own.
vi.setConfig({ testTimeout: 180_000 })

let cwd: string
let server: Program
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mta queue-'))
  writeFileSync(
    join(cwd, 'angarium.yaml'),
    `hostname: mx.local.test
listeners: [{ address: 127.0.0.1, port: ${await freePort()} }]
relayFor: [127.0.0.0/8]
domains: { local.test: { maildir: 'mail/{local}', mailboxes: [alice, bob] } }
# Nobody is there: what goes to remote.test stays in the queue.
routes: { remote.test: { host: 127.0.0.1, port: 9 } }
`,
  )
})
afterEach(async () => {
  await server.end('SIGKILL')
  rmSync(cwd, { recursive: true })
})

describe('the queue of a server', () => {
  it('is counted, explained, changed, checked and copied', async () => {
    // In this process: one of its own for each step would take a minute.
    const queue = async (...args: string[]) => {
      const [out, err]: [string[], string[]] = [[], []]
      const console = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
      const code = await runCommand(program, ['queue', ...args, '--config', join(cwd, 'angarium.yaml')], console)
      return { code, out, err }
    }
    const lines = async (...args: string[]) => (await queue(...args)).out
    server = startAngarium(['serve'], cwd)
    await server.says('"msg":"started"')
    const to = ['--to', 'carol@remote.test', '--to', 'dan@remote.test']
    for (const from of ['bob@local.test', 'eve@far.test'])
      expect(angarium(['send', '--from', from, ...to], { cwd, input: 'Subject: hello\n\nHello.' }).status).toBe(0)
    while (server.output().split('"msg":"deferred"').length < 5) await new Promise((wait) => setTimeout(wait, 5))
    const [first, second] = JSON.parse((await lines('list', '--json')).join(''))

    expect(await lines('count', '--by', 'sender')).toEqual([
      expect.stringMatching(/^messages {2}recipients {2}oldest {2,}sender$/),
      expect.stringMatching(/^ +1 +2 {2}\d+s ago {2}far\.test$/),
      expect.stringMatching(/^ +1 +2 {2}\d+s ago {2}local\.test$/),
    ])
    expect(JSON.parse((await lines('count', '--by', 'source', '--json')).join(''))).toMatchObject({
      counts: [{ of: '127.0.0.1', messages: 2, recipients: 4 }],
      corrupt: 0,
    })
    expect(await lines('list', '--filter', 'older=1d')).toEqual(['no messages'])
    expect((await lines('list', '--filter', 'sender=far.test', '--filter', 'newer=1d')).at(-1)).toBe('1 message')
    const explained = (await lines('explain', first.id)).join('\n')
    expect(explained).toMatch(
      /\nremote\.test\n {2}<carol@remote\.test> {2}deferred, next attempt in .*\n {4}attempts 1,/,
    )
    expect(explained).toMatch(/\n {2}way: {5}a configured route\n {2}host: {4}127\.0\.0\.1 port 9, TLS if offered/)
    expect((await lines('destinations'))[0]).toMatch(/^running: 0 deliveries under way/)

    expect((await lines('remove', first.id, '--filter', 'to=dan@remote.test')).at(-1)).toBe('remove: 1 message')
    expect((await lines('remove', first.id, '--notify', '--because', 'closed')).at(-1)).toBe('remove: 1 message')
    expect(await lines('reroute', second.id, '--to', 'other.test')).toEqual([
      `${second.id}  2 recipients`,
      'reroute: 1 message',
    ])
    await server.says('"msg":"failed"')
    expect(server.output()).toContain('"because":"given up by the operator: closed"')
    expect(await queue('check')).toEqual({ code: 0, out: ['the queue is sound'], err: [] })
    expect(await lines('backup', join(cwd, 'copy'))).toEqual([`copied to ${join(cwd, 'copy')}`])
    expect(await queue('backup', join(cwd, 'copy'))).toMatchObject({ code: 65, err: [expect.stringContaining('copy')] })
    expect(await server.end('SIGTERM')).toBe(0)

    expect((await lines('explain', second.id)).at(-1)).toBe('  now:     no server is running')
    expect((await queue('destinations')).code).toBe(69)
    expect(await lines('check')).toEqual(['the queue is sound'])
    expect(await lines('backup', join(cwd, 'again'))).toEqual([`copied to ${join(cwd, 'again')}`])
    renameSync(join(cwd, 'data/queue'), join(cwd, 'data/lost'))
    renameSync(join(cwd, 'copy'), join(cwd, 'data/queue'))
    expect(await lines('check')).toEqual(['the queue is sound'])
    expect((await lines('count'))[1]).toMatch(/ other\.test$/)
  })

  it('refuses mail that the disk has no room for', async () => {
    appendFileSync(join(cwd, 'angarium.yaml'), 'queue: { minFree: 1000000GiB }\n')
    server = startAngarium(['serve'], cwd)
    await server.says('"msg":"started"')
    const sent = angarium(['send', '--from', 'a@far.test', '--to', 'bob@local.test'], { cwd, input: '' })
    expect(sent).toMatchObject({ status: 75, stderr: expect.stringContaining('452 4.3.1 No room for mail now') })
    await server.says('"at":"mail","by":"room"')
  })
})
