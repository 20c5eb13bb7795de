// Holds two rules of naming and size: no drawer folders, no file that grew past what one can read.
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { tool } from './workspace.mjs'

const drawers = new Set(['utils', 'util', 'common', 'shared', 'core', 'helpers', 'helper', 'misc'])
const warnAt = 300
const failAt = 500

const listed = tool('git', ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'])
if (!listed.ok) throw new Error(listed.output)
const files = listed.output.split('\0').filter((file) => file !== '')

const faults = new Set()
for (const file of files) {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder))
    if (drawers.has(basename(folder))) faults.add(`${folder}: name the folder for its job`)
  if (/^(packages|apps)\/[^/]+\/package\.json$/.test(file)) {
    const name = JSON.parse(readFileSync(file, 'utf8')).name ?? ''
    if (drawers.has(name.split('/').at(-1))) faults.add(`${file}: name the package for its job`)
  }
  if (!/^(packages|apps|tooling)\/.*\.(ts|tsx|mts|mjs|cjs|js)$/.test(file)) continue
  const text = read(file)
  const lines = text.split('\n').length - 1
  if (lines > failAt) faults.add(`${file}: ${lines} lines, more than ${failAt}`)
  else if (lines > warnAt) console.log(`note: ${file} has ${lines} lines; aim for less than 200`)
}

/** A file that git lists may just have been removed. */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

for (const fault of faults) console.error(fault)
process.exit(faults.size === 0 ? 0 : 1)
