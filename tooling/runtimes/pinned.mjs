// The runtimes that package-lock.json beside this pins, brought once as registry packages into .toolchain. To raise one,
// edit package.json and run `npm install --package-lock-only` here.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { root, tool } from '../checks/workspace.mjs'

const toolchain = join(root, '.toolchain')
const home = join(toolchain, 'runtimes')
const lockfile = join(import.meta.dirname, 'package-lock.json')
const wanted = readFileSync(lockfile, 'utf8')
const target = `${process.platform}-${process.arch}`

const node = (major) => ({
  name: `node-${major}`,
  package: `node-${major}-${target}`,
  binary: 'bin/node',
  args: [],
  pool: 'forks',
})

/**
 * Each runtime: the package it comes in, the arguments before the script, and the pool of vitest that works there.
 * Bun has no channel to a forked process that could be unreferenced; Deno's worker threads lack what vitest ends them with.
 */
export const runtimes = [
  node(22),
  node(24),
  node(26),
  {
    name: 'bun',
    package: process.arch === 'arm64' ? '@oven/bun-linux-aarch64' : `@oven/bun-${target}-baseline`,
    binary: 'bin/bun',
    args: ['--bun', '--no-install'],
    pool: 'threads',
  },
  {
    name: 'deno',
    package: `@deno/${target}-glibc`,
    binary: 'deno',
    args: ['run', '--allow-all', '--no-config', '--no-lock', '--no-remote', '--node-modules-dir=manual'],
    pool: 'forks',
  },
].map((one) => ({ ...one, version: JSON.parse(wanted).packages[`node_modules/${one.package}`]?.version }))

/** Where the program of a runtime lies, once it is there. */
export const program = (runtime, place = home) => join(place, 'node_modules', runtime.package, runtime.binary)

/** Fetches all of them, unless they are there. Returns why it could not, if it could not. */
export function fetchRuntimes() {
  if (isCurrent()) return undefined
  const unpinned = runtimes.filter((one) => one.version === undefined)
  if (unpinned.length > 0) return `no package is pinned for ${target}: ${unpinned.map((one) => one.name).join(', ')}`
  mkdirSync(toolchain, { recursive: true })
  removeLeftovers()
  console.log('fetching Node, Bun and Deno as registry packages (once)')
  // Installed aside and moved as a whole: two first runs do not disturb each other, and half of it never counts.
  const place = mkdtempSync(`${home}-`)
  try {
    copyFileSync(join(import.meta.dirname, 'package.json'), join(place, 'package.json'))
    copyFileSync(lockfile, join(place, 'package-lock.json'))
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1']
    const { ok, output } = tool('npm', ['ci', ...quietly], { cwd: place, timeout: 600_000 })
    // All are optional for npm, since each is for one machine only: it does not call it an error when one is missing.
    const missing = runtimes.filter((one) => !existsSync(program(one, place)))
    if (!ok) return `npm failed:\n${output.trimEnd()}`
    if (missing.length > 0) return `not to be had: ${missing.map((one) => `${one.package} ${one.version}`).join(', ')}`
    if (!isCurrent()) {
      rmSync(home, { recursive: true, force: true })
      renameSync(place, home)
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
  return undefined
}

function isCurrent() {
  const installed = join(home, 'package-lock.json')
  return existsSync(installed) && readFileSync(installed, 'utf8') === wanted
}

/** What a killed fetch left behind; one that is still at work is younger. */
function removeLeftovers() {
  for (const name of readdirSync(toolchain)) {
    const path = join(toolchain, name)
    const isOld = name.startsWith('runtimes-') && Date.now() - statSync(path).mtimeMs > 3_600_000
    if (isOld) rmSync(path, { recursive: true, force: true })
  }
}
