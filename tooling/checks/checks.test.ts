import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'angarium-checks-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const here = join(import.meta.dirname, '../..')
const example = `// example\nimport { reply } from '@angarium/smtp-wire'\n\nconsole.log(reply)\n`
const readme = (code: string, output: string): string =>
  `# x\n\n## Install\n\n## Example\n\n\`\`\`ts\n${code}\`\`\`\n\n\`\`\`text\n${output}\`\`\`\n\n## What it does / does not do\n\n` +
  '## RFC coverage\n\n## Errors and faults\n\n## Extending\n\n## API\n'

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(base, file)), { recursive: true })
  writeFileSync(join(base, file), text)
}

const judge = (check: string): { ok: boolean; said: string } => {
  const env = { ...process.env, ANGARIUM_SHARED: join(base, 'library') }
  const program = join(base, 'tooling/checks', `${check}.mjs`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: base, env, encoding: 'utf8' })
  return { ok: status === 0, said: stdout + stderr }
}

/** A workspace of one built package, with a copy of the checks in it. */
beforeEach(() => {
  rmSync(base, { recursive: true, force: true })
  cpSync(import.meta.dirname, join(base, 'tooling/checks'), { recursive: true })
  cpSync(join(here, 'tsconfig.base.json'), join(base, 'tsconfig.base.json'))
  symlinkSync(join(here, 'node_modules'), join(base, 'node_modules'))
  write('.gitignore', 'node_modules\nlibrary\n')
  write('library/rfc/INDEX.md', '')
  write('library/rfc/rfc5321.txt', '4.  The SMTP Specifications\n\n4.2.  SMTP Replies\n\nAPPENDIX A.  TCP\n')
  const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } }
  const manifest = { name: '@angarium/smtp-wire', version: '0.0.0', type: 'module', exports }
  write('packages/smtp-wire/package.json', JSON.stringify(manifest))
  write('packages/smtp-wire/src/index.ts', '/** @rfc 5321 4.2 */\nexport const reply = 250\n')
  write('packages/smtp-wire/dist/index.js', 'export const reply = 250\n')
  write('packages/smtp-wire/dist/index.d.ts', '/** One reply. */\nexport declare const reply: number\n')
  write('packages/smtp-wire/README.md', readme(example, '250\n'))
  write('.changeset/first.md', `---\n'@angarium/smtp-wire': minor\n---\n\nThe first.\n`)
  spawnSync('git', ['init', '-q'], { cwd: base })
})

it.each(['names', 'rfc-tags', 'changesets', 'readme-examples'])('%s passes a tree that keeps the rules', (check) => {
  expect(judge(check)).toMatchObject({ ok: true })
})

describe('a planted fault is reported', () => {
  const source = 'packages/smtp-wire/src/more.ts'
  const manual = 'packages/smtp-wire/README.md'
  const cases: [check: string, fault: string, file: string, text: string][] = [
    ['names', 'packages/smtp-wire/src/utils: name the folder', 'packages/smtp-wire/src/utils/x.ts', ''],
    ['names', 'packages/misc: name the folder', 'packages/misc/package.json', '{}'],
    ['names', 'name the package', 'packages/x/package.json', '{ "name": "@angarium/common" }'],
    ['names', '501 lines, more than 500', source, '\n'.repeat(501)],
    ['rfc-tags', 'RFC 5321 has no section 4.3', source, '/** @rfc 5321 4.2, 4.3 */'],
    ['rfc-tags', 'RFC 5320 is not in the index', source, '// @rfc 5321 A\n// @rfc 5320 1'],
    ['rfc-tags', 'expected a number', source, '// @rfc RFC5321'],
    ['changesets', 'a blank line', '.changeset/b.md', `---\n'@angarium/smtp-wire': minor\n---\nNo blank line.\n`],
    ['changesets', 'there is no package @angarium/x', '.changeset/b.md', `---\n'@angarium/x': minor\n---\n\nWhat.\n`],
    ['changesets', 'cannot read', '.changeset/b.md', `---\n'@angarium/smtp-wire': big\n---\n\nWhat.\n`],
    ['changesets', 'no changeset names it', '.changeset/first.md', '---\n---\n\nNothing.\n'],
    ['readme-examples', 'no "## API"', manual, readme(example, '250\n').replace('## API', '')],
    ['readme-examples', 'not in the usual order', manual, `## API\n${readme(example, '250\n')}`],
    ['readme-examples', 'printed\n250\n', manual, readme(example, '251\n')],
    ['readme-examples', 'does not type-check', manual, readme(`${example}reply satisfies string\n`, '250\n')],
    ['readme-examples', 'the example failed', manual, readme(`${example}process.exit(1)\n`, '250\n')],
    ['readme-examples', '0 blocks start with', manual, readme(example, '250\n').replace('// example', '')],
  ]

  it.each(cases)('%s: %s', (check, fault, file, text) => {
    write(file, text)
    const { ok, said } = judge(check)
    expect(said).toContain(fault)
    expect(ok).toBe(false)
  })

  it('api-report: a change that the committed report does not have', () => {
    const api = (...args: string[]): number | null =>
      spawnSync(process.execPath, [join(base, 'tooling/checks/api-report.mjs'), ...args], { cwd: base }).status
    expect(api('--check')).toBe(1)
    expect(api()).toBe(0)
    expect(api('--check')).toBe(0)
    write('packages/smtp-wire/dist/index.d.ts', '/** One reply. */\nexport declare const reply: string\n')
    expect(api('--check')).toBe(1)
  })
})
