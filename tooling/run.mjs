// The one entry point of `npm start`, `npm test` and the rest. No dependencies; runs on Node >= 18.
// It brings pnpm and, where the machine's Node is too old, Node 24, both as registry packages.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
for (const name of Object.keys(env)) if (/^npm_(lifecycle|package|node|execpath|command)/.test(name)) delete env[name]

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

/** Does `work` only when `inputs` differ from what they were when it last succeeded. */
const once = (name, inputs, why, work) => {
  const file = join(home, `${name}.stamp`)
  const hash = createHash('sha256').update(target)
  for (const input of inputs) hash.update(readFileSync(join(root, input)))
  const want = hash.digest('hex')
  if (existsSync(file) && readFileSync(file, 'utf8') === want) return
  say(why)
  work()
  writeFileSync(file, want)
}

mkdirSync(home, { recursive: true })
once('tools', ['tooling/bootstrap/package-lock.json'], 'fetching pnpm and Node 24 as registry packages (once)', () => {
  for (const f of ['package.json', 'package-lock.json']) cpSync(join(root, 'tooling/bootstrap', f), join(home, f))
  rmSync(join(home, 'node_modules'), { recursive: true, force: true })
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: home })
})

const pnpm = join(home, 'node_modules/@pnpm', `exe.${target}`, 'pnpm')
const fetchedNode = join(home, 'node_modules', `node-${target}`, 'bin')
const nodeDir = nodeIsNewEnough ? dirname(process.execPath) : fetchedNode
for (const file of [pnpm, join(nodeDir, 'node')])
  if (!existsSync(file)) fail(`no packaged tool for ${target} (${file} is missing): install Node >= 24.11 and pnpm 12`)
env.PATH = [join(root, 'node_modules/.bin'), nodeDir, dirname(pnpm), env.PATH].join(delimiter)

const locked = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']
once('dependencies', locked, 'installing the dependencies of the workspace', () =>
  run(pnpm, ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']),
)

const [job = 'start', ...rest] = process.argv.slice(2)
const script = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts[`do:${job}`]
if (script === undefined) fail(`no job named ${job}`)

// The job keeps the terminal and gets Ctrl-C itself; we only pass on what is sent to us alone.
const quoted = rest.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
const child = spawn('sh', ['-c', `${script} ${quoted}`], { cwd: root, env, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGINT' || child.kill(signal))
child.on('error', (error) => fail(error.message))
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)))
