// Runs the example of each README as a reader would: type-checked and executed against the built package, by name.
// The example is the one ```ts block that starts with `// example`; the ```text block after it is its exact output.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { publishable, root, tool } from './workspace.mjs'

/** Every published README has these, in this order, so that a reader finds things where the last package had them. */
const headings = [
  '## Install',
  '## Example',
  '## What it does',
  '## RFC coverage',
  '## Errors and faults',
  '## Extending',
  '## API',
]
const named = process.argv.slice(2)
const faults = []
let ran = 0

for (const one of publishable().filter(
  ({ folder, name }) => named.length === 0 || named.includes(name) || named.includes(folder),
)) {
  const file = join(one.path, 'README.md')
  if (!existsSync(file)) {
    faults.push(`${one.folder}: no README.md`)
    continue
  }
  const text = readFileSync(file, 'utf8')
  const order = headings.map((heading) => `\n${text}`.indexOf(`\n${heading}`))
  for (const [index, at] of order.entries())
    if (at === -1) faults.push(`${one.folder}/README.md: no "${headings[index]}"`)
  if (order.some((at, index) => at !== -1 && order.slice(0, index).some((before) => before > at)))
    faults.push(`${one.folder}/README.md: the headings are not in the usual order`)
  example(text, one.path, `${one.folder}/README.md`, true)
}
const front = join(root, 'README.md')
if (named.length === 0 && existsSync(front)) example(readFileSync(front, 'utf8'), root, 'README.md', false)

function example(text, folder, label, required) {
  const blocks = [...text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```[ \t]*$/gms)].map(([, language, body]) => ({
    language,
    body,
  }))
  const at = blocks.flatMap(({ language, body }, index) =>
    language === 'ts' && body.startsWith('// example\n') ? [index] : [],
  )
  if (at.length === 0 && !required) return
  if (at.length !== 1) {
    faults.push(`${label}: ${at.length} blocks start with "// example", expected one`)
    return
  }
  const expected = blocks[at[0] + 1]
  if (expected?.language !== 'text') {
    faults.push(`${label}: the example is not followed by a \`\`\`text block with its output`)
    return
  }
  ran++
  // Inside the package, so that the package's own name resolves to what it exports.
  const place = mkdtempSync(join(folder, '.example-'))
  try {
    execute(place, label, blocks[at[0]].body, expected.body)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function execute(place, label, code, expected) {
  const base = relative(place, join(root, 'tsconfig.base.json'))
  writeFileSync(join(place, 'example.ts'), code)
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({
      extends: base.startsWith('.') ? base : `./${base}`,
      compilerOptions: { customConditions: [], types: ['node'], isolatedDeclarations: false, declaration: false },
      files: ['example.ts'],
    }),
  )
  const types = tool('tsc', ['-p', place], { cwd: place })
  if (!types.ok) faults.push(`${label}: the example does not type-check:\n${types.output}`)
  const ran = tool(process.execPath, ['--disable-warning=ExperimentalWarning', join(place, 'example.ts')], {
    cwd: place,
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (!ran.ok) faults.push(`${label}: the example failed:\n${ran.output}`)
  else if (ran.output !== expected)
    faults.push(`${label}: the example printed\n${ran.output}\nbut the README says\n${expected}`)
}

for (const fault of faults) console.error(fault)
console.log(`${ran} examples`)
process.exit(faults.length === 0 ? 0 : 1)
