import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auth, authenticate, size } from '@angarium/esmtp-extensions'
import { createSaslClient, passwordClients, plainClient, Secret } from '@angarium/sasl'
import { createDialer, nodeClock } from '@angarium/smtp-node'
import { parseMailbox } from '@angarium/smtp-wire'
import { connect } from '@angarium/smtp-wire/drive'
import { runCommand } from '@angarium/station/command'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { program } from '../src/command/program.ts'
import { type Program, start } from './program.ts'
import { certificates } from './world.ts'

// Each step is a process of its own.
vi.setConfig({ testTimeout: 180_000 })

let cwd: string
let port: number
const running: Program[] = []
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'submission command-'))
  port = await freePort()
  writeFileSync(
    join(cwd, 'angarium-submission.yaml'),
    `hostname: mail.local.test
domains: [local.test]
listeners: [{ address: 127.0.0.1, port: ${port} }]
tls: { certificate: '${join(certificates, 'valid.pem')}', key: '${join(certificates, 'key.pem')}' }
delivery: { paused: true }
`,
  )
})
afterEach(async () => {
  for (const program of running.splice(0)) {
    program.kill('SIGKILL')
    await program.ended
  }
  rmSync(cwd, { recursive: true })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

const run = (args: readonly string[], input?: string): Program['ended'] => start(args, cwd, input).ended

describe('the command line', () => {
  it.each([
    [[], 'angarium-submission: a server that people'],
    [['fly'], 'there is no command fly; see angarium-submission help'],
    [['user'], 'angarium-submission user: what? add, passwd, remove or list'],
    [['user', 'fly', 'alice'], 'no fly;'],
    [['user', 'add'], 'expected one name'],
    [['user', 'add', 'alice', 'bob'], 'expected one name'],
    [['user', 'add', 'a b'], 'a b: cannot be a user name'],
    [['user', 'add', 'alice', '--password', 'secret'], "Unknown option '--password'"],
    [['user', 'add', 'alice', '--send-as', 'x'], '--send-as x: expected an address'],
    [['user', 'passwd', 'alice', '--send-as', 'a@b.test'], '--send-as goes with user add'],
    [['user', 'list', 'alice'], 'user list takes no name'],
  ])('%j is answered by 64 and a reason', async (args, reason) => {
    const err: string[] = []
    const console = { out: () => expect.unreachable(), err: (line: string) => err.push(line) }
    expect(await runCommand(program, args, console)).toBe(64)
    expect(err.join('\n')).toContain(reason)
  })

  it('keeps users: adds, lists, changes and removes them', async () => {
    const file = join(cwd, 'users')
    const added = await run(['user', 'add', 'alice'], 'correct horse\n')
    expect(added).toEqual({ status: 0, stdout: 'added: alice\n', stderr: '' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const before = readFileSync(file, 'utf8')
    expect(before).toMatch(/^alice SCRAM-SHA-256\$\S+\n$/)
    expect(await run(['user', 'add', 'alice'], 'other\n')).toMatchObject({
      status: 65,
      stderr: 'angarium-submission user: there is a user alice already\n',
    })
    const senders = ['--send-as', 'Sales@Shop.test', '--send-as', '@bob.test']
    expect(await run(['user', 'add', 'bob', ...senders], 'battery staple')).toMatchObject({ status: 0 })
    expect((await run(['user', 'list'])).stdout).toBe('alice  scram\nbob  scram  sales@shop.test  @bob.test\n2 users\n')
    expect(await run(['user', 'passwd', 'alice'], '\n')).toMatchObject({
      status: 65,
      stderr: 'angarium-submission user: no password was given, or two that differ\n',
    })
    expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true)
    expect(await run(['user', 'passwd', 'alice'], 'new horse')).toMatchObject({ stdout: 'changed: alice\n' })
    const [alice, bob] = readFileSync(file, 'utf8').split('\n')
    expect(alice).not.toBe(before.trimEnd())
    expect(bob).toMatch(/^bob .* sales@shop\.test @bob\.test$/)
    expect((await run(['user', 'remove', 'alice'])).stdout).toBe('removed: alice\n')
    expect(await run(['user', 'remove', 'alice'])).toMatchObject({ status: 65 })
    expect(readFileSync(file, 'utf8')).toBe(`${bob}\n`)
    writeFileSync(file, 'bob hunter2\n')
    const wrong = await run(['serve', '--check'])
    expect(wrong.status).toBe(78)
    expect(wrong.stderr).toContain(`users:1: a field is no record of a password and no address`)
  })
})

describe('the server', () => {
  async function submit(name: string, password: string): Promise<unknown> {
    const transport = await createDialer().dial({ address: '127.0.0.1', port }, { timeout: 5_000 })
    const opening = await connect(transport, {
      hostname: 'client.test',
      extensions: [size, auth(() => [])],
      clock: nodeClock,
    })
    if (opening.kind !== 'open') throw new Error(`no session: ${JSON.stringify(opening)}`)
    const { connection } = opening
    expect(connection.offers.has('AUTH')).toBe(false)
    await connection.startTls({ role: 'client' })
    const credentials = { authcid: name, password: new Secret(password) }
    const mechanisms = name === 'alice' ? passwordClients(credentials) : [plainClient(credentials)]
    const login = await authenticate(connection, createSaslClient(mechanisms), { trust: 'any' })
    if (login.kind !== 'authenticated') return login.kind
    const mailbox = (text: string) => parseMailbox(text) ?? expect.unreachable()
    const report = await connection.send({
      reversePath: mailbox(`${name}@local.test`),
      recipients: [{ forwardPath: mailbox('carol@remote.test') }],
      content: new TextEncoder().encode('Subject: hello\r\n\r\nHello.\r\n'),
    })
    await connection.quit()
    return [login.mechanism, report.recipients[0]?.kind]
  }

  it('lets users in, also such as come while it runs, keeps their mail, and ends in order', async () => {
    await run(['user', 'add', 'alice'], 'correct horse')
    const server = start(['serve'], cwd)
    running.push(server)
    await server.says('"msg":"started"')
    expect(await submit('alice', 'correct horse')).toEqual(['SCRAM-SHA-256', 'accepted'])
    expect(await submit('bob', 'battery staple')).toBe('refused')
    await run(['user', 'add', 'bob'], 'battery staple')
    expect(await submit('bob', 'battery staple')).toEqual(['PLAIN', 'accepted'])
    expect(await submit('bob', 'tr0ubador')).toBe('refused')
    const listed = (await run(['queue', 'list'])).stdout
    expect(listed).toContain('from <bob@local.test>')
    expect(listed).toMatch(/\n2 messages\n$/)
    // Turns and rates go by who logged in.
    expect((await run(['queue', 'count', '--by', 'sender', '--json'])).stdout).toMatch(/"of":"alice".*"of":"bob"/)
    const paused = (await run(['queue', 'explain', /^\S+/.exec(listed)?.[0] ?? ''])).stdout
    expect(paused).toContain('\n  now:     delivery is paused by the configuration\n  way:     none: ')
    expect((await run(['queue', 'check'])).stdout).toBe('the queue is sound\n')
    for (const secret of ['correct horse', 'battery staple', 'tr0ubador']) expect(server.output()).not.toContain(secret)
    server.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ status: 0 })
  })
})
