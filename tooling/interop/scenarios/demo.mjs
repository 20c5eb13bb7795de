import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mtaProgram } from '../mta.mjs'
import { start } from '../process.mjs'
import { holds, same, until } from '../stage.mjs'

export const title =
  'what `npm start` runs: the lines it prints send mail, which appears where it says; Ctrl-C ends it with 0'

export async function run(stage) {
  const directory = join(stage.directory, 'a folder with blanks')
  mkdirSync(directory)
  const log = join(stage.directory, 'log')
  const demo = start(process.execPath, [mtaProgram, 'demo'], { log, cwd: directory })
  stage.atEnd(() => demo.stop())
  const shown = () => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  const printed = (tool) => new RegExp(`^\\s*(${tool} .*)$`, 'm').exec(shown())?.[1]
  await until('it says how to send mail', () => {
    if (!demo.running) throw new Error(`it ended:\n${shown()}`)
    return printed('curl') && printed('swaks')
  })
  for (const tool of ['curl', 'swaks']) {
    if (spawnSync(tool, ['--version']).error !== undefined) {
      stage.skip(tool, `${tool} is not here`)
      continue
    }
    await stage.check(`the ${tool} line`, async () => {
      const { status, stderr, stdout } = spawnSync('sh', ['-c', printed(tool)], { encoding: 'utf8', cwd: directory })
      same(status, 0, `exit of ${printed(tool)}\n${stdout}${stderr}`)
      const name = /([a-z]+)@[a-z.]+/.exec(/(?:--mail-rcpt|--to)[ =]\S+/.exec(printed(tool))?.[0] ?? '')?.[1]
      await until('the mail is where it said', () =>
        shown()
          .split('\n')
          .some((line) => /data\/mail/.test(line)),
      )
      const folder = join(directory, 'data/mail', name, 'new')
      await until(
        `a file in ${folder}`,
        () => existsSync(folder) && spawnSync('ls', [folder], { encoding: 'utf8' }).stdout.trim() !== '',
      )
    })
  }
  await stage.check('Ctrl-C drains and exits 0', async () => {
    demo.kill('SIGINT')
    same(await demo.ended, { code: 0, signal: null }, 'end')
    holds(!/error|Error/.test(shown()), `it complained:\n${shown()}`)
  })
}
