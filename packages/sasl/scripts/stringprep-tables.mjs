// Writes src/prepare/tables.ts from the text of RFC 3454: node scripts/stringprep-tables.mjs rfc3454.txt
import { readFileSync, writeFileSync } from 'node:fs'

const text = readFileSync(process.argv[2] ?? '../../../shared/rfc/rfc3454.txt', 'utf8')

/** The ranges of one table; lines of page breaks begin with no code point and fall through. */
function ranges(name) {
  const from = text.indexOf(`----- Start Table ${name} -----`)
  const to = text.indexOf(`----- End Table ${name} -----`)
  if (from < 0 || to < from) throw new Error(`RFC 3454 has no table ${name}`)
  return text
    .slice(from, to)
    .split('\n')
    .map((line) => /^\s+([0-9A-F]{4,6})(?:-([0-9A-F]{4,6}))?(?:;.*)?$/.exec(line))
    .filter((match) => match !== null)
    .map(([, first, last]) => [Number.parseInt(first, 16), Number.parseInt(last ?? first, 16) + 1])
}

/** Joins tables into ascending boundaries: every even one begins a range, every odd one ends it. */
function boundaries(names) {
  const sorted = names.flatMap(ranges).sort((a, b) => a[0] - b[0])
  const out = []
  for (const [first, end] of sorted) {
    if (out.length > 0 && first <= out.at(-1)) out[out.length - 1] = Math.max(out.at(-1), end)
    else out.push(first, end)
  }
  return out
}

const tables = {
  unassigned: [['A.1'], 'Unassigned in Unicode 3.2'],
  mappedToNothing: [['B.1'], 'Commonly mapped to nothing'],
  otherSpaces: [['C.1.2'], 'Non-ASCII space characters'],
  neverText: [
    ['C.2.1', 'C.2.2', 'C.3', 'C.4', 'C.5', 'C.6', 'C.8', 'C.9'],
    'Controls, private use, non-characters, surrogates, unfit for plain text, display changes, tags',
  ],
  unfitForNames: [['C.7'], 'Inappropriate for canonical representation'],
  rightToLeft: [['D.1'], 'Characters with bidirectional property R or AL'],
  leftToRight: [['D.2'], 'Characters with bidirectional property L'],
}

/** Strings of at most 110 characters, cut between numbers. */
function lines(deltas) {
  const out = ['']
  for (const delta of deltas) {
    if (out.at(-1).length + delta.length + 1 > 108) out.push('')
    out[out.length - 1] += `${delta} `
  }
  out[out.length - 1] = out.at(-1).trimEnd()
  return out
}

let source = `// Written by scripts/stringprep-tables.mjs from RFC 3454; do not edit.
// Each table is its ascending boundaries (first, end, first, end, ...) as differences in base 36.
`
for (const [name, [members, what]] of Object.entries(tables)) {
  let before = 0
  const deltas = boundaries(members).map((at) => {
    const delta = (at - before).toString(36)
    before = at
    return delta
  })
  const parts = lines(deltas).map((line) => `'${line}'`)
  const value = parts.length === 1 ? ` ${parts[0]}` : `\n  ${parts.join(' +\n  ')}`
  source += `\n/** ${what}. @rfc 3454 ${members.length === 1 ? members[0] : 'C'} */\nexport const ${name}: string =${value}\n`
}
writeFileSync(new URL('../src/prepare/tables.ts', import.meta.url), source)
