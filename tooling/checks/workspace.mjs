// What the checks know of the workspace: its members, their entry points, and how to run a tool in it.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const { FORCE_COLOR: _, ...inherited } = process.env

export const env = {
  ...inherited,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  NO_COLOR: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  PATH: [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
}

/** The packages and apps, in the order of their folders: `{ path, folder, name, publishable, entries, manifest }`. */
export function members(base = root) {
  return ['packages', 'apps'].flatMap((group) => {
    const parent = join(base, group)
    if (!existsSync(parent)) return []
    return readdirSync(parent)
      .filter((folder) => existsSync(join(parent, folder, 'package.json')))
      .map((folder) => member(join(parent, folder), `${group}/${folder}`))
  })
}

/** The members that go to the registry. */
export const publishable = (base = root) => members(base).filter((one) => one.publishable)

/** One member, read from its package.json. An entry is an importable subpath: `{ name, specifier, source, types, code }`. */
export function member(path, folder) {
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const entries = Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target === 'object' && target !== null && target.types !== undefined)
    .map(([subpath, target]) => ({
      name: subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-'),
      specifier: subpath === '.' ? manifest.name : `${manifest.name}/${subpath.slice(2)}`,
      source: target['@angarium/source'],
      types: target.types,
      code: target.default,
    }))
  const publishable = manifest.private !== true && folder.startsWith('packages/')
  return { path, folder, name: manifest.name, publishable, entries, manifest }
}

/** Runs a tool to its end and returns `{ ok, output }`, the two streams joined. */
export function tool(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 28, ...options })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`
  if (result.error) return { ok: false, output: `${output}${command}: ${result.error.message}\n` }
  return { ok: result.status === 0, output }
}
