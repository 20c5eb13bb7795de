// Writes CONFORMANCE.md of every package that has `vectors/conformance/rfc<number>.json`: what becomes here of each
// requirement of an RFC. `--check` only compares. That the data is whole, and that the tests it names are there, is held
// by the `conformance` tests of the packages.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './workspace.mjs'

const words = { yes: 'done', deviates: 'deviates', elsewhere: 'elsewhere', 'not ours': 'not ours' }

const check = process.argv.includes('--check')
let stale = false
for (const folder of readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))) {
  const data = join(folder, 'vectors/conformance')
  if (!existsSync(data)) continue
  const page = join(folder, 'CONFORMANCE.md')
  const text = pageOf(data)
  if (!check) writeFileSync(page, text)
  else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.log(`${relative(root, page)} is not what its data says; run node tooling/checks/conformance.mjs`)
    stale = true
  }
}
if (stale) process.exit(1)

function pageOf(data) {
  const rfcs = readdirSync(data)
    .map((file) => Number(/^rfc(\d+)\.json$/.exec(file)?.[1]))
    .filter((rfc) => rfc > 0)
    .sort((a, b) => a - b)
    .map((rfc) => ({ rfc, entries: JSON.parse(readFileSync(join(data, `rfc${rfc}.json`), 'utf8')) }))
  return `# Conformance, requirement by requirement

Made by \`node tooling/checks/conformance.mjs\` from \`vectors/conformance\`; not to be edited. The sentences with a MUST or
SHOULD are named by section and their place in it; neighbours of which the same is said share a line. **done**: the test
fails when it is not done any more. **elsewhere**: another package does it. **deviates**: it is done otherwise, and why.
**not ours**: it binds people, sites, registries, or programs of another kind.

| RFC | requirements | ${Object.values(words).join(' | ')} |
|---|---|${'---|'.repeat(Object.keys(words).length)}
${rfcs.map(summary).join('\n')}

${rfcs.map(chapter).join('\n\n')}
`
}

function summary({ rfc, entries }) {
  const counts = Object.keys(words).map((word) => entries.filter(({ does }) => does === word).length)
  return `| [${rfc}](#rfc-${rfc}) | ${entries.length} | ${counts.join(' | ')} |`
}

function chapter({ rfc, entries }) {
  const head = `## RFC ${rfc}\n\n`
  if (entries.length === 0) return `${head}No sentence of it has a MUST or SHOULD.`
  return `${head}| requirement | here | where | test |\n|---|---|---|---|\n${runs(entries)
    .map((run) => row(rfc, run))
    .join('\n')}`
}

/** Neighbours of which the same is said stand in one line. */
function runs(entries) {
  const found = []
  let said
  for (const { id, ...rest } of entries) {
    const now = JSON.stringify(rest)
    if (now === said) found.at(-1).last = id
    else found.push({ ...rest, first: id, last: id })
    said = now
  }
  return found
}

function row(rfc, { first, last, does, where = '', test = [], note }) {
  const says = note === undefined ? words[does] : `${words[does]}: ${note}`
  const tests = (typeof test === 'string' ? [test] : test).map(shown).join('<br>')
  const ids = [...new Set([first, last])].map((id) => id.replace(`rfc${rfc}-`, '')).join(' to ')
  return `| ${ids} | ${cell(says)} | ${cell(where)} | ${tests} |`
}

/** `folder/x.test.ts: name` as the file's name and the test's. */
function shown(test) {
  const [, file, name] = /^(.+?): (.*)$/s.exec(test) ?? [undefined, test, '']
  return cell(`\`${file.replace(/^packages\//, '').replace('/test/', '/')}\` ${name}`)
}

function cell(text) {
  return text.replace(/[|<]/g, (mark) => (mark === '|' ? '\\|' : '&lt;'))
}
