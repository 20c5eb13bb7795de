// Reads every waiting changeset as `changeset version` will: front matter naming members, a blank line, a sentence.
// A package that was never released must be named by one, or it would stay at its first version.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { members, publishable, root } from './workspace.mjs'

const known = new Set(members().map((one) => one.name))
const named = new Set()
const faults = []

const folder = join(root, '.changeset')
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
  const text = readFileSync(join(folder, file), 'utf8')
  const parts = /^---\n(.*?)^---\n\n\s*(\S.*)$/ms.exec(text)
  if (parts === null) {
    faults.push(`.changeset/${file}: expected front matter between --- lines, a blank line, and a sentence`)
    continue
  }
  for (const line of (parts[1] ?? '').split('\n').filter((one) => one.trim() !== '')) {
    const entry = /^(["'])(.+)\1: (?:patch|minor|major)$/.exec(line)
    if (entry === null) faults.push(`.changeset/${file}: cannot read ${line}`)
    else if (known.has(entry[2])) named.add(entry[2])
    else faults.push(`.changeset/${file}: there is no package ${entry[2]}`)
  }
}
for (const { name, manifest } of publishable())
  if (manifest.version === '0.0.0' && !named.has(name))
    faults.push(`${name}: never released, and no changeset names it`)

for (const fault of faults) console.error(fault)
process.exit(faults.length === 0 ? 0 : 1)
