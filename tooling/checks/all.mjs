// `npm run check`: every check by name, one after another; `npm run check -- imports api` runs only those named.
import { join } from 'node:path'
import { tool } from './workspace.mjs'

const script = (name, ...args) => [process.execPath, join(import.meta.dirname, `${name}.mjs`), ...args]

/** name: [what it holds, command]. Those that use `dist` come after `build`. */
const checks = {
  build: ['every member builds', ['turbo', 'run', 'build', '--continue', '--output-logs=errors-only']],
  names: ['folders are named for their job, files stay small', script('names')],
  imports: ['packages import only what they may', script('imports')],
  lint: ['format and lint', ['biome', 'ci', '--colors=off', '--max-diagnostics=100', '.']],
  types: ['sources and tests type-check', ['turbo', 'run', 'typecheck', '--continue', '--output-logs=errors-only']],
  versions: ['one version of each dependency', ['sherif', '-r', 'non-existant-packages']],
  unused: ['no unused file, export or dependency', ['knip', '--no-progress']],
  'rfc-tags': ['each @rfc tag names a section that exists', script('rfc-tags')],
  changesets: ['the changesets can be read and name packages', script('changesets')],
  packages: ['packed as importers expect', ['turbo', 'run', 'pack:check', '--continue', '--output-logs=errors-only']],
  api: ['public API equals the committed report', script('api-report', '--check')],
  support: ['the table of extensions is what code and tests say', script('support', '--check')],
  conformance: ['the pages of requirements are what their data says', script('conformance', '--check')],
  readme: ['README examples run and print what they say', script('readme-examples')],
  consumer: ['installs and imports outside the workspace', script('consumer')],
  scaffold: ['a new extension works outside the workspace', script('../new-extension/outside')],
}
/** Need the registry, so they run only when named; CI names them. */
const onRequest = new Set(['consumer', 'scaffold'])

const turboSaysItTwice =
  /^(@\S+ {2}(WARNING|ERROR) {2}command .*|@\S+: \[ELIFECYCLE\].*|@\S+: cache miss, executing .*)\n/gm

const named = process.argv.slice(2)
for (const name of named)
  if (!Object.hasOwn(checks, name)) {
    console.error(`no check named ${name}; there are: ${Object.keys(checks).join(', ')}`)
    process.exit(2)
  }
const chosen = named.length > 0 ? named : Object.keys(checks).filter((name) => !onRequest.has(name))
const width = Math.max(...chosen.map((name) => name.length))

let failed = 0
for (const name of chosen) {
  const [holds, [command, ...args]] = checks[name]
  process.stdout.write(`${name.padEnd(width)}  ${holds} `)
  const started = performance.now()
  const { ok, output } = tool(command, args)
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
  process.stdout.write(`... ${ok ? 'ok' : 'FAILED'} (${took})\n`)
  const notes = output.split('\n').filter((line) => line.startsWith('note: '))
  if (!ok) {
    failed++
    console.log(output.replace(turboSaysItTwice, '').trimEnd().replace(/^/gm, '    '))
  } else for (const note of notes) console.log(`    ${note}`)
}
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
