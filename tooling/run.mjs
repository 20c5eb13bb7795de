// The one entry point of `npm start`, `npm test` and the rest. No dependencies; runs on Node >= 18.
// It brings pnpm and, where the machine's Node is too old, Node 24, both as registry packages.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const home = join(root, '.toolchain')
const target = `${process.platform}-${process.arch}`
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  CI: process.env.CI ?? '1',
}
// A caller's Node options and npm's own variables are for the caller's Node, not for the one we may fetch.
for (const name of Object.keys(env))
  if (/^(NODE_OPTIONS|NODE_PATH|NODE_ENV|npm_(lifecycle|package|node|execpath|command).*)$/.test(name)) delete env[name]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const nodeIsNewEnough = (major === 24 && minor >= 11) || major > 24

const say = (text) => console.log(`angarium: ${text}`)
const fail = (text) => {
  console.error(`angarium: ${text}`)
  process.exit(1)
}

const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, { cwd: root, env, stdio: 'inherit', ...options })
  if (result.error) fail(`${command}: ${result.error.message}`)
  if (result.status !== 0) fail(`${command} ${args[0]} ended with ${result.signal ?? result.status}`)
}

/** Does `work` only when `inputs` differ from what they were when it last succeeded, or its `product` is gone. */
const once = (name, inputs, product, why, work) => {
  const file = join(home, `${name}.stamp`)
  const hash = createHash('sha256').update(target)
  for (const input of inputs) hash.update(readFileSync(join(root, input)))
  const want = hash.digest('hex')
  const done = () => existsSync(product) && existsSync(file) && readFileSync(file, 'utf8') === want
  if (done()) return
  alone(() => {
    if (done()) return
    say(why)
    rmSync(file, { force: true })
    work()
    writeFileSync(file, want)
  })
}

/** Two first runs in one clone must not install over each other: the second waits until the first is done or dead. */
const alone = (work) => {
  const lock = join(home, 'lock')
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`${lock}: ${error.message}`)
    }
    const holder = holderOf(lock)
    if (!told) say(`waiting for another run to finish installing (process ${holder})`)
    if (isGone(holder)) rmSync(lock, { force: true })
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
  }
  process.once('exit', () => rmSync(lock, { force: true }))
  work()
  rmSync(lock, { force: true })
}

const holderOf = (lock) => {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return 0
  }
}

/** A lock that is still empty is being written; only a number that is no process is a dead holder. */
const isGone = (pid) => {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

mkdirSync(home, { recursive: true })
const fetchedPnpm = join(home, 'node_modules/@pnpm', `exe.${target}`, 'pnpm')
const fetchedNode = join(home, 'node_modules', `node-${target}`, 'bin')
const isPackaged = target === 'linux-x64' || target === 'linux-arm64'

if (isPackaged) {
  const why = 'fetching pnpm and Node 24 as registry packages (once)'
  once('tools', ['tooling/bootstrap/package-lock.json'], fetchedPnpm, why, () => {
    for (const f of ['package.json', 'package-lock.json']) cpSync(join(root, 'tooling/bootstrap', f), join(home, f))
    rmSync(join(home, 'node_modules'), { recursive: true, force: true })
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: home })
  })
  if (!existsSync(fetchedPnpm) || !existsSync(join(fetchedNode, 'node'))) fail(`the tools for ${target} did not arrive`)
} else if (!nodeIsNewEnough || !spawnSync('pnpm', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('12.')) {
  fail(`there is no packaged tool for ${target}: install Node >= 24.11 and pnpm 12, and start this with that Node`)
}
const pnpm = isPackaged ? fetchedPnpm : 'pnpm'
const nodeDir = nodeIsNewEnough ? dirname(process.execPath) : fetchedNode
const toolDirs = isPackaged ? [nodeDir, dirname(pnpm)] : [nodeDir]
env.PATH = [join(root, 'node_modules/.bin'), ...toolDirs, env.PATH].join(delimiter)

const manifests = ['packages', 'apps', 'examples'].flatMap((group) =>
  existsSync(join(root, group))
    ? readdirSync(join(root, group))
        .map((folder) => `${group}/${folder}/package.json`)
        .filter((file) => existsSync(join(root, file)))
    : [],
)
const locked = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]
const installed = join(root, 'node_modules/.bin/turbo')
once('dependencies', locked, installed, 'installing the dependencies of the workspace', () =>
  run(pnpm, ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']),
)

const [job = 'start', ...rest] = process.argv.slice(2)
const script = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts[`do:${job}`]
if (script === undefined) fail(`no job named ${job}`)

// The steps run one by one, each in place of its shell, so that a signal reaches the work itself.
const steps = script.split(' && ')
const quoted = rest.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
let passOn
let stoppedBy

const begin = (index) => {
  const step = index === steps.length - 1 ? `${steps[index]} ${quoted}`.trim() : steps[index]
  if (steps.length > 1) say(step)
  const child = spawn('sh', ['-c', `exec ${step}`], { cwd: root, env, stdio: 'inherit' })
  passOn = (signal) => child.kill(signal)
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code, signal) => {
    if (signal !== null) process.exit(128 + constants.signals[signal])
    if (code !== 0 || index === steps.length - 1) process.exit(code)
    // A build that was told to stop ends well, but what would follow it is no longer wanted.
    if (stoppedBy !== undefined) process.exit(128 + constants.signals[stoppedBy])
    begin(index + 1)
  })
}

// On a terminal Ctrl-C reaches the work by itself; any other signal is sent to us alone and must be passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    stoppedBy = signal
    if (signal !== 'SIGINT' || !process.stdin.isTTY) passOn?.(signal)
  })
begin(0)
