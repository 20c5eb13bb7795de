// Runs the table of import-direction.cjs over the packages and apps of a workspace (the argument, or this one).
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { cruise } from 'dependency-cruiser'
import { members, root } from './workspace.mjs'

const { mayImport, options, forbidden } = createRequire(import.meta.url)('./import-direction.cjs')
const base = resolve(process.argv[2] ?? root)
process.chdir(base)

const { enhancedResolveOptions, ...rest } = options
const folders = members(base).map((one) => one.folder)
const reported = await cruise(
  folders,
  { ...rest, baseDir: base, validate: true, ruleSet: { forbidden } },
  enhancedResolveOptions,
)
const { modules, summary } = reported.output

const faults = summary.violations.map(({ rule, from, to, cycle }) => {
  const way = cycle?.length ? [from, ...cycle.map((step) => step.name)].join(' -> ') : `${from} -> ${to}`
  return `${rule.name}: ${way}`
})
for (const folder of folders)
  if (folder.startsWith('packages/') && !Object.hasOwn(mayImport, folder.slice('packages/'.length)))
    faults.push(`in-the-table: ${folder} has no line in tooling/checks/import-direction.cjs`)

for (const fault of [...new Set(faults)].sort()) console.error(fault)
const followed = modules.filter((one) => /^(packages|apps)\//.test(one.source))
const across = followed.flatMap((one) =>
  one.dependencies.filter((to) => to.module.startsWith('@angarium/') && /^packages\//.test(to.resolved)),
)
console.log(`${followed.length} modules, ${across.length} imports between members`)
process.exit(faults.length === 0 ? 0 : 1)
