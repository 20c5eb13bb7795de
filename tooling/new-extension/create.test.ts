import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = dirname(dirname(import.meta.dirname))
const bench = mkdtempSync(join(root, '.example-'))
const config = join(bench, 'vitest.config.ts')
writeFileSync(
  config,
  `import base from '../vitest.config.ts'
export default { ...base, test: { ...base.test, include: ['test/*.test.ts'] } }
`,
)
afterAll(() => rmSync(bench, { recursive: true, force: true }))

const { FORCE_COLOR: _, ...inherited } = process.env
const PATH = [join(root, 'node_modules/.bin'), dirname(process.execPath), inherited.PATH].join(delimiter)

function run(command: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...inherited, NO_COLOR: '1', PATH },
  })
  return { status, output: `${stdout}${stderr}` }
}

/** Runs a tool in a folder; what it said is the failure. */
function passes(command: string, args: readonly string[], cwd: string): void {
  const { status, output } = run(command, args, cwd)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${output}`)
}

const create = (...words: readonly string[]) =>
  run(process.execPath, [join(import.meta.dirname, 'create.mjs'), ...words], bench)

describe('a fresh scaffold in the workspace', () => {
  for (const [name, keyword] of [
    ['esmtp-xtry', 'XTRY'],
    ['@some-one/esmtp-x-long-word', 'X-A-LONG-WORD-2'],
    ['esmtp-new', 'NEW'],
  ] as const)
    it(`${keyword}: types, tests, format, lint and README hold`, () => {
      expect(create(name, keyword)).toMatchObject({ status: 0 })
      const folder = join(bench, name.split('/').at(-1) ?? '')
      mkdirSync(join(folder, 'node_modules/@angarium'), { recursive: true })
      symlinkSync(join(root, 'packages/smtp-wire'), join(folder, 'node_modules/@angarium/smtp-wire'))
      passes('tsc', ['-p', '.'], folder)
      passes('tsc', ['-p', 'test'], folder)
      passes('vitest', ['run', '--root', folder, '--config', config], root)
      passes('biome', ['ci', '--colors=off', '--vcs-use-ignore-file=false', folder], root)
      const readme = readFileSync(join(folder, 'README.md'), 'utf8')
      const [, code = '', output] = /^```ts\n(\/\/ example\n.*?)^```\n+```text\n(.*?)^```/ms.exec(readme) ?? []
      writeFileSync(join(folder, 'example.ts'), code)
      expect(run(process.execPath, ['--conditions=@angarium/source', 'example.ts'], folder)).toEqual({
        status: 0,
        output,
      })
    }, 120_000)
})

describe('the command', () => {
  it('takes a folder to put it in', () => {
    expect(create('esmtp-xthere', 'XTHERE', '--in', 'below')).toMatchObject({ status: 0 })
    expect(readFileSync(join(bench, 'below/esmtp-xthere/package.json'), 'utf8')).toContain('"esmtp-xthere"')
    expect(create('esmtp-xthere', 'XTHERE', '--in', 'below')).toMatchObject({
      status: 2,
      output: expect.stringContaining('there already'),
    })
  })

  it('refuses what is no name, no keyword, or no words of its own', () => {
    expect(create('Esmtp', 'XFOO').output).toMatch('no package name')
    for (const keyword of ['xfoo', '-X', '', 'X FOO', 'X'.repeat(32)])
      expect(create('esmtp-xfoo', keyword)).toMatchObject({ status: 2, output: expect.stringContaining('no keyword') })
    for (const words of [[], ['esmtp-xfoo'], ['esmtp-xfoo', 'XFOO', 'more'], ['esmtp-xfoo', 'XFOO', '--in']])
      expect(create(...words)).toMatchObject({ status: 2, output: expect.stringContaining('usage') })
  })
})
