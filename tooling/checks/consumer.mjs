// Installs every published package the way a stranger does: packed, put with npm into empty projects outside this
// workspace, each entry point imported on the oldest and the newest supported Node, and type-checked with
// both common resolutions and without skipLibCheck. Needs `dist`, pnpm on the PATH, and a registry.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishable, root, tool } from './workspace.mjs'

const versions = { oldest: '22.20.0', current: '24.21.0' }
const arm = process.arch === 'arm64'
if (arm) versions.current = '24.22.0'

const bench = mkdtempSync(join(tmpdir(), 'angarium-consumer-'))
const faults = []
let done = 0

/** Runs one command of the test; a failure is noted and the test goes on. */
function attempt(what, command, args, cwd) {
  const { ok, output } = tool(command, args, { cwd, timeout: 300_000 })
  if (ok) done++
  else faults.push(`${what} failed:\n${output.trimEnd()}`)
  return ok
}

/** A Node of that version: this one, or the registry's package, kept with the other tools. */
function node(version) {
  if (process.version === `v${version}`) return process.execPath
  const home = join(root, '.toolchain', `node-${version}`)
  const binary = join(home, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin/node')
  if (existsSync(binary)) return binary
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
  const wanted = `node-${process.platform}-${process.arch}@${version}`
  return attempt(`fetching ${wanted}`, 'npm', [...quietly, wanted], home) ? binary : undefined
}

const quietly = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--save-exact']

function pack(one) {
  const before = join(bench, 'tarballs')
  mkdirSync(before, { recursive: true })
  const file = join(before, `${one.name.slice(1).replace('/', '-')}-${one.manifest.version}.tgz`)
  return attempt(`packing ${one.name}`, 'pnpm', ['pack', '--pack-destination', before], one.path) ? file : undefined
}

/** Packages whose sources see no Node types must be usable without them: they get a project that has none. */
function needsNode(one) {
  const own = JSON.parse(readFileSync(join(one.path, 'tsconfig.json'), 'utf8')).compilerOptions?.types ?? []
  if (own.includes('node')) return true
  return Object.keys(one.manifest.dependencies ?? {}).some((name) => {
    const other = all.find((candidate) => candidate.name === name)
    return other === undefined || needsNode(other)
  })
}

/** One empty project with those packages; `nodes` are the binaries that import them. */
function project(label, packages, tarballs, nodes, types) {
  const folder = join(bench, label)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const files = packages.map((one) => tarballs.get(one.name)).filter((file) => file !== undefined)
  const wanted = types.length > 0 ? [...files, '@types/node@24'] : files
  if (!attempt(`installing into the ${label} project`, 'npm', [...quietly, ...wanted], folder)) return
  const specifiers = packages.flatMap((one) => one.entries.map((entry) => entry.specifier))
  for (const specifier of specifiers)
    for (const binary of nodes) {
      const code = `if (Object.keys(await import('${specifier}')).length === 0) throw new Error('exports nothing')`
      attempt(`importing ${specifier} with ${binary}`, binary, ['--input-type=module', '-e', code], folder)
    }
  const lines = specifiers.map((specifier, index) => `export * as m${index} from '${specifier}'\n`)
  writeFileSync(join(folder, 'all.ts'), lines.join(''))
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = { module, moduleResolution, types, strict: true, target: 'es2023', lib: ['es2024'] }
    Object.assign(compilerOptions, { skipLibCheck: false, noEmit: true, exactOptionalPropertyTypes: true })
    writeFileSync(join(folder, `${moduleResolution}.json`), JSON.stringify({ compilerOptions, files: ['all.ts'] }))
    attempt(
      `type-checking the ${label} project (${moduleResolution})`,
      'tsc',
      ['-p', `${moduleResolution}.json`],
      folder,
    )
  }
}

const all = publishable()
try {
  const nodes = Object.values(versions)
    .map(node)
    .filter((binary) => binary !== undefined)
  const tarballs = new Map(all.map((one) => [one.name, pack(one)]))
  const bare = all.filter((one) => !needsNode(one))
  if (bare.length > 0) project('bare', bare, tarballs, nodes, [])
  project('node', all, tarballs, nodes, ['node'])
} finally {
  rmSync(bench, { recursive: true, force: true })
}

for (const fault of faults) console.error(fault)
console.log(`${done} steps done`)
process.exit(faults.length === 0 ? 0 : 1)
