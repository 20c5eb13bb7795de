// Each `@rfc 5322 3.4` tag must name a document of the index and a section that its text has.
// The texts are not part of this repository: they are found by ANGARIUM_SHARED, or in `../shared` beside the repository.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, tool } from './workspace.mjs'

const library = join(process.env.ANGARIUM_SHARED ?? join(root, '../shared'), 'rfc')
if (!existsSync(join(library, 'INDEX.md'))) {
  console.log('note: the RFC texts are absent, only the form of the tags is checked')
}

/** Documents we cite that are not about mail, so the library has no text of them. */
const elsewhere = new Set(
  [
    '1034 1035 1123 1982 2181 2308 2782 3007 3225 3596 3597 4033 4034 4035 4343 5452 5966 6672 6840 6891 7766 7873 9520', // DNS
    '3339 3492 3629 3986 5198 5234 5890 5891 5892 5893 7405 7493 8259', // characters, dates, names, grammar
    '5246 5280 5705 5929 6066 6125 6960 7250 7301 8446 8701 9266 9525', // TLS and certificates
    '1321 2104 4231 4648 6234 8017 8018 8032', // digests, keys, encodings
    '1952 6585 7540 9110 9111 9112', // HTTP, gzip
    '768 791 1122 3330 4193 4291 5735 5952 6890 9293', // addresses and transports
  ].flatMap((numbers) => numbers.split(' ')),
)

const headings = new Map()
/** The section numbers of a document, or undefined when we do not have its text. */
function sections(number) {
  if (!headings.has(number)) {
    const file = join(library, `rfc${number}.txt`)
    headings.set(number, existsSync(file) ? headingsOf(readFileSync(file, 'utf8')) : undefined)
  }
  return headings.get(number)
}

function headingsOf(text) {
  const found = new Set()
  for (const line of text.split('\n')) {
    const heading = /^ {0,6}(?:Section |Appendix |APPENDIX )?((?:[0-9]+|[A-Z])(?:\.[0-9]+)*)[.:]?(?=\s|$)/.exec(line)
    if (heading) found.add(heading[1])
  }
  return found
}

const listed = tool('git', [
  '-c',
  'safe.directory=*',
  'ls-files',
  '--cached',
  '--others',
  '--exclude-standard',
  '-z',
  '--',
  'packages',
  'apps',
])
if (!listed.ok) throw new Error(listed.output)
const faults = []
let tags = 0
for (const file of listed.output.split('\0').filter((name) => /\.(ts|tsx)$/.test(name))) {
  if (!existsSync(join(root, file))) continue
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  for (const [index, line] of lines.entries())
    for (const tag of line.matchAll(/@rfc\b(.*?)(?=@rfc\b|\*\/|$)/g)) {
      tags++
      const fault = judge(tag[1].trim())
      if (fault !== undefined) faults.push(`${file}:${index + 1}: @rfc ${tag[1].trim()}: ${fault}`)
    }
}

/** What is wrong with the words after `@rfc`: a number, then sections parted by commas, then free text. */
function judge(words) {
  const form =
    /^([1-9][0-9]{0,4})(?:\s+((?:[0-9]+|[A-Z])(?:\.[0-9]+)*(?:,\s*(?:[0-9]+|[A-Z])(?:\.[0-9]+)*)*)(?![\w]))?/.exec(
      words,
    )
  if (form === null) return 'expected a number and a section, as in "@rfc 5322 3.4"'
  if (!existsSync(join(library, 'INDEX.md'))) return undefined
  const known = sections(form[1])
  if (known === undefined) return elsewhere.has(form[1]) ? undefined : `RFC ${form[1]} is not in the index`
  const missing = (form[2] ?? '').split(/,\s*/).filter((section) => section !== '' && !known.has(section))
  return missing.length === 0 ? undefined : `RFC ${form[1]} has no section ${missing.join(', ')}`
}

for (const fault of faults) console.error(fault)
console.log(`${tags} tags`)
process.exit(faults.length === 0 ? 0 : 1)
