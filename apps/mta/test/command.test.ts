import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@angarium/station/command'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { program } from '../src/command/program.ts'
import { angarium, freePort, type Program, startAngarium } from './program.ts'

// Each step is a process of its own.
vi.setConfig({ testTimeout: 180_000 })

let cwd: string
const running: Program[] = []
beforeEach(() => {
  // A blank in the path, for whoever forgets to quote.
  cwd = mkdtempSync(join(tmpdir(), 'mta command-'))
})
afterEach(async () => {
  for (const program of running.splice(0)) await program.end('SIGKILL')
  rmSync(cwd, { recursive: true })
})

function start(...args: string[]): Program {
  const program = startAngarium(args, cwd)
  running.push(program)
  return program
}

async function configure(more = ''): Promise<number> {
  const port = await freePort()
  writeFileSync(
    join(cwd, 'angarium.yaml'),
    `hostname: mx.local.test
listeners: [{ address: 127.0.0.1, port: ${port} }]
relayFor: [127.0.0.0/8]
domains: { local.test: { maildir: 'mail/{local}', mailboxes: [alice, bob] } }
# Nobody is there: what goes to remote.test stays in the queue.
routes: { remote.test: { host: 127.0.0.1, port: 9 } }
${more}`,
  )
  return port
}

describe('the command line', () => {
  it('helps', () => {
    const { status, stdout } = angarium(['help'], { cwd })
    expect(status).toBe(0)
    expect(stdout).toContain('angarium serve [--config FILE] [--check]')
    expect(angarium(['version'], { cwd }).stdout).toMatch(/^angarium \d+\.\d+\.\d+, Node /)
  })

  it.each([
    [[], 'angarium: a mail transfer agent'],
    [['fly'], 'angarium: there is no command fly; see angarium help'],
    [['serve', '--chek'], "angarium serve: Unknown option '--chek'"],
    [['serve'], 'angarium serve: no configuration: use --config, or write angarium.yaml'],
    [['queue'], 'angarium queue: what? list, count, show, explain,'],
    [['queue', 'fly'], 'angarium queue: no fly;'],
    [['queue', 'remove'], 'angarium queue: queue remove needs ids of messages, --filter, or both; or else --all'],
    [['queue', 'list', '--filter', 'colour=red'], 'expected state=, destination=, from=, to=,'],
    [['queue', 'list', '--filter', 'state=gone'], 'expected queued, leased, deferred, held'],
    [['send', '--to', 'a@b.test'], 'angarium send: send needs --from'],
    [['send', '--from', 'x', '--to', 'a@b.test'], 'angarium send: --from x: expected an address'],
    [['send', '--from', '', '--to', 'a@b.test', '--server', 'host:25'], 'expected an address and a port'],
    [['config'], 'angarium config: config knows one word: schema'],
  ])('%j is answered by 64 and a reason', async (args, reason) => {
    const err: string[] = []
    const console = { out: () => expect.unreachable(), err: (line: string) => err.push(line) }
    expect(await runCommand(program, args, console)).toBe(64)
    expect(err.join('\n')).toContain(reason)
  })

  it('prints the schema of the configuration', () => {
    const { status, stdout } = angarium(['config', 'schema'], { cwd })
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ required: ['hostname', 'listeners'] })
  })

  it('checks a configuration, naming file, line, column, setting and reason', async () => {
    await configure()
    expect(angarium(['serve', '--check'], { cwd })).toEqual({
      status: 0,
      stdout: 'the configuration is all right\n',
      stderr: '',
    })
    writeFileSync(join(cwd, 'cert.pem'), 'no certificate\n')
    writeFileSync(join(cwd, 'bad.yaml'), 'hostname: a.test\nlisteners: []\n')
    writeFileSync(
      join(cwd, 'tls.yaml'),
      'hostname: a.test\nlisteners: [{ address: 127.0.0.1, port: 25 }]\ntls:\n  certificate: cert.pem\n  key: none.pem\n',
    )
    const bad = angarium(['serve', '--check', '--config', 'bad.yaml'], { cwd })
    expect(bad).toEqual({
      status: 78,
      stdout: '',
      stderr: 'bad.yaml:2:12: listeners: without one no mail comes in, unless the queue is shared\n',
    })
    const tls = angarium(['serve', '--check', '--config', 'tls.yaml'], { cwd })
    expect(tls.status).toBe(78)
    expect(tls.stderr).toMatch(/^tls\.yaml:5:8: tls\.key: cannot be read: ENOENT/)
    const none = angarium(['serve', '--config', 'none.yaml'], { cwd })
    expect(none).toMatchObject({ status: 78, stderr: expect.stringContaining('none.yaml: cannot be read: ENOENT') })
  })
})

describe('the server', () => {
  it('takes, delivers and keeps mail, is looked after, and ends in order', async () => {
    const port = await configure()
    const server = start('serve')
    await server.says('"msg":"started"')
    expect(statSync(join(cwd, 'data/admin.sock')).mode & 0o777).toBe(0o600)
    expect(statSync(join(cwd, 'data')).mode & 0o777).toBe(0o700)

    const to = ['--to', 'alice@local.test', '--to', 'carol@remote.test', '--to', 'nobody@local.test']
    const sent = angarium(['send', '--from', 'bob@local.test', ...to], { cwd, input: 'Subject: hello\n\nHello.' })
    expect(sent.stdout).toMatch(/^<alice@local\.test>: 250 .*Queued as .*\n<carol@remote\.test>: 250 /)
    expect(sent).toMatchObject({ status: 69, stderr: '<nobody@local.test>: 550 5.1.1 No such mailbox\n' })
    await server.says('"msg":"delivered"')
    await server.says('"msg":"deferred"')
    const [file = ''] = readdirSync(join(cwd, 'mail/alice/new'))
    expect(readFileSync(join(cwd, 'mail/alice/new', file), 'utf8')).toMatch(/\nSubject: hello\n\nHello\.\n$/)

    const [entry] = JSON.parse(angarium(['queue', 'list', '--json'], { cwd }).stdout)
    expect(entry).toMatchObject({ kind: 'message', reversePath: 'bob@local.test' })
    const listed = angarium(['queue', 'list', '--filter', 'to=carol@remote.test'], { cwd }).stdout
    expect(listed).toContain('<carol@remote.test>  deferred, next attempt in')
    expect(listed).toMatch(/\n1 message\n$/)
    expect(angarium(['queue', 'list', '--filter', 'state=held'], { cwd }).stdout).toBe('no messages\n')
    expect(angarium(['queue', 'show', entry.id], { cwd }).stdout).toContain('destination remote.test, attempts 1')
    expect(angarium(['queue', 'show', '--content', entry.id], { cwd }).stdout).toMatch(
      /Subject: hello\r\n\r\nHello\.\r\n$/,
    )
    expect(angarium(['queue', 'hold', entry.id, '--because', 'wait'], { cwd }).stdout).toContain('hold: 1 message')
    expect(angarium(['queue', 'list', '--filter', 'state=held'], { cwd }).stdout).toContain('held: wait')
    const alone = {
      status: 0,
      stdout: 'retry: 0 messages\nleft alone: 1 held message; see queue release\n',
      stderr: '',
    }
    for (const which of ['--all', entry.id]) expect(angarium(['queue', 'retry', which], { cwd })).toEqual(alone)
    expect(angarium(['queue', 'release', '--all'], { cwd }).stdout).toContain('release: 1 message')
    expect(angarium(['queue', 'retry', '--filter', 'destination=remote.test'], { cwd }).status).toBe(0)
    const unknown = angarium(['queue', 'show', '0000000000000000000000'], { cwd })
    expect(unknown).toMatchObject({ status: 65, stderr: expect.stringContaining('there is no message 0000000') })

    const some = angarium(['queue', 'retry', 'none', entry.id, 'nobody'], { cwd })
    expect(some).toEqual({
      status: 65,
      stdout: `${entry.id}  1 recipient\nretry: 1 message\n`,
      stderr:
        'angarium queue: there is no message none in the queue\nangarium queue: there is no message nobody in the queue\n',
    })

    const second = angarium(['serve'], { cwd })
    expect(second.status).toBe(69)
    expect(second.stderr).toMatch(/^angarium serve: the queue in .* is in use by another process\n$/)

    const idle = connect(port, '127.0.0.1').setEncoding('utf8')
    let heard = ''
    idle.on('data', (text: string) => {
      heard += text
      if (text.startsWith('220')) idle.write('EHLO idle.test\r\n')
    })
    const closed = new Promise((resolve) => idle.on('close', resolve))
    while (!heard.includes('250 ')) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await server.end('SIGTERM')).toBe(0)
    await closed
    expect(heard).toMatch(/\r\n421 [^\r\n]*\r\n$/)
    expect(server.output()).toContain('"msg":"stopped","code":0')

    // Without a server the queue is opened directly.
    const stats = JSON.parse(angarium(['queue', 'stats', '--json'], { cwd }).stdout)
    expect(stats).toMatchObject({ accepted: 2, delivered: 1, queued: 1, messages: 1 })
    expect(angarium(['queue', 'remove', entry.id], { cwd }).stdout).toContain('remove: 1 message')
    expect(angarium(['queue', 'hold', '--json', entry.id], { cwd })).toMatchObject({ status: 65, stdout: '[]\n' })
    expect(angarium(['queue', 'list'], { cwd }).stdout).toBe('no messages\n')
  })

  it('says why it cannot start, and exits', async () => {
    const port = await configure()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    const taken = angarium(['serve'], { cwd })
    expect(taken).toMatchObject({
      status: 69,
      stderr: `angarium serve: 127.0.0.1 port ${port}: is in use by another program\n`,
    })
    await new Promise((resolve) => other.close(resolve))

    writeFileSync(join(cwd, 'data/queue/queue.sqlite'), 'this was a queue once, or so they say'.repeat(300))
    const broken = angarium(['serve'], { cwd })
    expect([65, 73]).toContain(broken.status)
    expect(broken.stderr).toMatch(/^angarium serve: .*queue.*\n$/)
    expect(broken.stderr).not.toMatch(/\n\s+at /)

    await configure('log: { file: none/mta.log }\n')
    expect(angarium(['serve'], { cwd })).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('log.file: there is no folder'),
    })
    await configure('data: /proc/none\n')
    expect(angarium(['serve'], { cwd })).toMatchObject({ status: 73, stderr: expect.stringContaining('ENOENT') })
    await configure('data: angarium.yaml/data\n')
    expect(angarium(['serve'], { cwd })).toMatchObject({ status: 73, stderr: expect.stringContaining('EEXIST') })
  })

  it('is not there: send and queue say so', async () => {
    const port = await configure()
    const none = angarium(['queue', 'list'], { cwd })
    expect(none).toEqual({
      status: 66,
      stdout: '',
      stderr: `angarium queue: there is no queue in ${join(cwd, 'data')}\n`,
    })
    expect(existsSync(join(cwd, 'data'))).toBe(false)
    const sent = angarium(['send', '--from', 'a@local.test', '--to', 'alice@local.test'], { cwd, input: '' })
    expect(sent).toMatchObject({
      status: 69,
      stderr: `angarium send: no connection to 127.0.0.1 port ${port}: ECONNREFUSED\n`,
    })
    const file = angarium(['send', '--from', 'a@local.test', '--to', 'alice@local.test', 'none.eml'], { cwd })
    expect(file).toMatchObject({ status: 66, stderr: expect.stringContaining('ENOENT') })
  })
})

describe('the demo', () => {
  it('prints how to send a mail and where it appears, tells of it, and ends with 0 on Ctrl-C', async () => {
    const demo = start('demo')
    await demo.says('Ctrl-C stops.')
    const [, port, letter] =
      /^ {2}curl smtp:\/\/127\.0\.0\.1:([0-9]+) --mail-from you@example\.test --mail-rcpt hello@example\.test -T (\S+)$/m.exec(
        demo.output(),
      ) ?? []
    expect(demo.output()).toContain(
      `  swaks --server 127.0.0.1:${port} --from you@example.test --to hello@example.test`,
    )
    const written = readFileSync(join(cwd, 'data/demo.yaml'), 'utf8')
    expect(angarium(['demo'], { cwd })).toEqual({
      status: 69,
      stdout: '',
      stderr: `angarium demo: one is already running here, on port ${port}; its files are in data\n`,
    })
    expect(readFileSync(join(cwd, 'data/demo.yaml'), 'utf8')).toBe(written)
    const server = ['--server', `127.0.0.1:${port}`]
    const sent = angarium(
      ['send', '--from', 'you@example.test', '--to', 'hello@example.test', ...server, letter ?? ''],
      { cwd },
    )
    expect(sent.status).toBe(0)
    await demo.says('delivered  <hello@example.test>  data/mail/hello/new/')
    expect(readdirSync(join(cwd, 'data/mail/hello/new'))).toHaveLength(1)
    expect(demo.output()).toContain('accepted   <you@example.test> to <hello@example.test>')
    expect(await demo.end('SIGINT')).toBe(0)
    expect(demo.output()).toContain('Stopped.')
  })
})
