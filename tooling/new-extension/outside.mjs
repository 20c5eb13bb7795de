// The path of somebody who has never seen this tree: packed packages, an empty folder, the template, npm.
// Needs `dist` of smtp-wire, pnpm on the PATH, and a registry.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, tool } from '../checks/workspace.mjs'
import { createExtension } from './create.mjs'

const bench = mkdtempSync(join(tmpdir(), 'angarium-new-extension-'))
const faults = []

function attempt(what, command, args, cwd) {
  const { ok, output } = tool(command, args, { cwd, timeout: 300_000 })
  if (!ok) faults.push(`${what} failed:\n${output.trimEnd()}`)
  else console.log(what)
  return ok
}

try {
  const folder = createExtension('esmtp-xtry', 'XTRY', bench)
  const source = join(root, 'packages/smtp-wire')
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const tarball = `angarium-smtp-wire-${version}.tgz`
  const steps = [
    ['packing smtp-wire', 'pnpm', ['pack', '--pack-destination', bench], source],
    ['installing it and the tools', 'npm', [...npm, '--save-dev', join(bench, tarball)], folder],
    ['type-checking', 'npm', ['run', 'typecheck'], folder],
    ['testing', 'npm', ['test'], folder],
    ['building', 'npm', ['run', 'build'], folder],
  ]
  if (steps.every((step) => attempt(...step))) {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    const [, code, output] = /^```ts\n(\/\/ example\n.*?)^```\n+```text\n(.*?)^```/ms.exec(readme)
    writeFileSync(join(folder, 'example.ts'), code)
    const ran = tool(process.execPath, ['example.ts'], { cwd: folder })
    if (ran.output === output) console.log('running the example of its README')
    else faults.push(`the example printed:\n${ran.output}`)
  }
} finally {
  rmSync(bench, { recursive: true, force: true })
}

for (const fault of faults) console.error(fault)
process.exit(faults.length === 0 ? 0 : 1)
