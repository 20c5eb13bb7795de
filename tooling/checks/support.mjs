// Writes packages/esmtp-extensions/SUPPORT.md, the table of what is done for each keyword, from the extensions themselves,
// the lists of the apps, the `@rfc` tags and the names of the tests; `--check` only compares. Sources are read as they are.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { env, root } from './workspace.mjs'

const condition = '--conditions=@angarium/source'
if (!process.execArgv.includes(condition)) {
  const again = spawnSync(process.execPath, [condition, ...process.argv.slice(1)], { stdio: 'inherit', env })
  process.exit(again.status ?? 1)
}

const folder = join(root, 'packages/esmtp-extensions')
const { byName } = await import(join(folder, 'test/extensions.ts'))
const { pass } = await import(join(root, 'packages/smtp-wire/src/index.ts'))
const mta = await import(join(root, 'apps/mta/src/compose/extensions.ts'))
const submission = await import(join(root, 'apps/submission/src/compose/extensions.ts'))
const schemas = {
  mta: (await import(join(root, 'apps/mta/src/config/schema.ts'))).configSchema('/'),
  submission: (await import(join(root, 'apps/submission/src/config/settings.ts'))).settings,
}

const base = { hostname: 'mx.example.org', listeners: [{ address: '127.0.0.1', port: 2525 }] }
const keywordsOf = (list) => new Set(list.map(({ keyword }) => keyword))
const ofMta = (config) => keywordsOf(mta.extensionsOf(schemas.mta.parse({ ...base, ...config }), []))
const sasl = { offer: () => ['PLAIN'] }
const ofSubmission = (config) => {
  const settings = schemas.submission.parse({ ...base, domains: ['example.org'], users: 'users', ...config })
  return keywordsOf(submission.extensionsOf(settings, [], { now: () => 0 }, sasl))
}
/** What each server offers as it comes, and with every setting that offers more. */
const servers = [
  [
    ofMta({}),
    ofMta({
      extensions: { etrn: ['example.org'], verify: true },
      proxies: { xclient: ['192.0.2.1'], xforward: ['192.0.2.1'] },
    }),
  ],
  [ofSubmission({}), ofSubmission({ extensions: { hold: '1d' } })],
]

const tests = listTests()
const rows = Object.entries(byName)
  .filter(([name]) => name !== '8bitmime-just-send')
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, [extension]]) => row(name, extension))

const page = `# Support, keyword by keyword

Made by \`node tooling/checks/support.mjs\` from the extensions, the lists of the apps, the tests and the vectors; not to be
edited. **MTA**, **submission**: in that app the keyword is offered and used by default, or once a setting asks for it, or not at
all. What no app offers only reads and writes its grammar, and its page says what is missing. **Server**: what a session takes where it
is offered, \`+n\` what a parameter adds to the command line; "judges" where the extension itself refuses. **Client**: "plans"
where it decides by the message and the server's offer, "carries" where parameters that came with a message go on to
servers that offer the keyword. **Tests** name the keyword in the packages given; vectors are entries of \`vectors/\`.

| keyword | RFC and sections | MTA | submission | server | client | needs | tests | vectors |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`

const file = join(folder, 'SUPPORT.md')
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== page) {
    console.log(`${relative(root, file)} is not what the code and its tests say; run node tooling/checks/support.mjs`)
    process.exit(1)
  }
} else {
  writeFileSync(file, page)
  console.log(`wrote ${relative(root, file)}`)
}

function row(name, extension) {
  const { keyword, requires } = extension
  const needs = requires.map((need) => (typeof need === 'string' ? need : 'TLS')).join(', ')
  const offered = servers.map(([usual, asked]) =>
    usual.has(keyword) ? 'default' : asked.has(keyword) ? 'by a setting' : 'no',
  )
  const cells = [
    `[${keyword}](src/${name}.ts)`,
    sections(name),
    ...offered,
    server(extension),
    client(extension),
    needs,
  ]
  return `| ${[...cells, testsOf(keyword), vectorsOf(name)].join(' | ')} |`
}

function server({ mail, rcpt, verbs, onMail, onRcpt, onDataStart, switches }) {
  const says = [
    ...Object.entries(mail).map(([key, { maxOctets }]) => `MAIL ${key} +${maxOctets}`),
    ...Object.entries(rcpt).map(([key, { maxOctets }]) => `RCPT ${key} +${maxOctets}`),
    ...Object.keys(verbs),
    ...Object.keys(switches).map((name) => `session: ${name}`),
  ]
  if ([onMail, onRcpt, onDataStart].some((hook) => hook !== pass)) says.push('judges')
  return says.length === 0 ? 'announces' : says.join(', ')
}

function client({ client, mail, rcpt, switches }) {
  if (client !== undefined) return 'plans'
  if (Object.keys({ ...mail, ...rcpt }).length > 0) return 'carries'
  return Object.keys(switches).length > 0 ? 'by the session' : 'nothing to do'
}

/** RFC numbers and sections named in the file of an extension, and in the folder beside it. */
function sections(name) {
  const beside = join(folder, 'src', name)
  const files = [`${beside}.ts`]
  try {
    files.push(...readdirSync(beside).map((one) => join(beside, one)))
  } catch {
    // Most have none.
  }
  const found = new Map()
  for (const one of files)
    for (const [, rfc, section] of readFileSync(one, 'utf8').matchAll(/@rfc (\d+)(?: ([\d., ]*\d))?/g)) {
      const known = found.get(rfc) ?? new Set()
      for (const part of section?.split(/[ ,]+/) ?? []) known.add(part)
      found.set(rfc, known)
    }
  return [...found]
    .map(([rfc, known]) => `${rfc}${known.size > 0 ? ` (${[...known].sort(bySection).join(', ')})` : ''}`)
    .join('; ')
}

function bySection(a, b) {
  return a.localeCompare(b, 'en', { numeric: true })
}

function testsOf(keyword) {
  const names = new RegExp(`(^|[^A-Z0-9-])${keyword}($|[^A-Z0-9-])`)
  const counts = new Map()
  for (const { name, member } of tests) if (names.test(name)) counts.set(member, (counts.get(member) ?? 0) + 1)
  // By name: the order in which tests are collected is not the same twice.
  return [...counts]
    .map(([member, count]) => `${member} ${count}`)
    .sort()
    .join(', ')
}

/** Entries of a file of vectors, by whatever lists it has. */
function vectorsOf(name) {
  const count = (value) => {
    if (Array.isArray(value)) return value.length
    return typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum, one) => sum + count(one), 0)
      : 0
  }
  return count(JSON.parse(readFileSync(join(folder, 'vectors', `${name}.json`), 'utf8')))
}

/** Names of the tests, by the package they are in. Collected, not run. */
function listTests() {
  const where = [
    'packages/esmtp-extensions',
    'packages/smtp-wire',
    'packages/reception',
    'packages/delivery',
    'apps/mta',
  ]
  const temporary = mkdtempSync(join(tmpdir(), 'angarium-support-'))
  try {
    const list = join(temporary, 'tests.json')
    const { status, stdout, stderr } = spawnSync(
      join(root, 'node_modules/.bin/vitest'),
      ['list', `--json=${list}`, '--no-static-parse', ...where],
      { cwd: root, env, encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`the tests cannot be listed: ${stdout}${stderr}`)
    return JSON.parse(readFileSync(list, 'utf8')).map(({ name, file: path }) => ({
      name,
      member: relative(root, path).split('/')[1],
    }))
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
