// Writes the public API of each entry point to packages/<x>/etc/<entry>.api.md; `--check` only compares, and fails on
// a difference. In a package's folder it does that package, elsewhere all that are published. Needs `dist`.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { publishable, root } from './workspace.mjs'

const check = process.argv.includes('--check')
const here = publishable().filter((one) => one.path === process.cwd())
const chosen = here.length > 0 ? here : publishable()
const base = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8')).compilerOptions
const faults = []
const temporary = mkdtempSync(join(tmpdir(), 'angarium-api-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

for (const one of chosen) {
  const wanted = new Set(one.entries.map((entry) => `${entry.name}.api.md`))
  for (const entry of one.entries) report(one, entry)
  const folder = join(one.path, 'etc')
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    if (!file.endsWith('.api.md') || wanted.has(file)) continue
    if (check) faults.push(`${one.folder}/etc/${file}: no entry point of that name any more`)
    else rmSync(join(folder, file))
  }
}

function report(one, entry) {
  const declarations = join(one.path, entry.types)
  if (!existsSync(declarations)) {
    faults.push(`${one.folder}: ${entry.types} is missing; build first`)
    return
  }
  mkdirSync(join(one.path, 'etc'), { recursive: true })
  const messages = []
  const result = Extractor.invoke(ExtractorConfig.prepare(configuration(one, entry, declarations)), {
    localBuild: !check,
    messageCallback(message) {
      message.handled = true
      if (message.logLevel === ExtractorLogLevel.Error || message.logLevel === ExtractorLogLevel.Warning)
        messages.push(`${one.folder} ${entry.name}: ${message.text}`)
    },
  })
  if (result.apiReportChanged && check)
    faults.push(
      `${one.folder}/etc/${entry.name}.api.md differs from the code: run \`npm run api\`, read the change, commit it`,
    )
  else if (result.apiReportChanged) console.log(`wrote ${one.folder}/etc/${entry.name}.api.md`)
  if (result.errorCount > 0) faults.push(...messages)
}

/** The extractor's configuration, without files of its own in each package. */
function configuration(one, entry, declarations) {
  const quiet = { default: { logLevel: 'none' } }
  return {
    packageJsonFullPath: join(one.path, 'package.json'),
    configObjectFullPath: join(one.path, 'api-extractor.json'),
    configObject: {
      projectFolder: one.path,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: {
        // Declarations of other members come from their `dist`, as an installer sees them.
        overrideTsconfig: {
          compilerOptions: { ...base, customConditions: [], types: ['node'], isolatedDeclarations: false },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${entry.name}.api.md`,
        reportFolder: join(one.path, 'etc'),
        reportTempFolder: join(temporary, one.folder),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: quiet,
        tsdocMessageReporting: quiet,
      },
    },
  }
}

for (const fault of faults) console.error(fault)
process.exit(faults.length === 0 ? 0 : 1)
