// Processes that examine queues: one that dies of what it is shown takes nothing else with it.
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { checkAndRepair, examine } from './examine.mjs'
import { readPromises } from './promises.mjs'
import { searchFor } from './search.mjs'

if (process.send !== undefined && process.argv[2] === 'examiner')
  process.on('message', async ({ what, directory, notes, options, numbers }) => {
    if (what === 'search') process.send({ problems: await searchFor(directory, numbers) })
    else if (what === 'check') process.send({ problems: [], findings: await checkAndRepair(directory) })
    else {
      const { aside, ...result } = await examine(directory, readPromises(notes), options)
      process.send({ ...result, aside: [...aside] })
    }
  })

/** What takes so long, of work that takes a moment, never ends. */
const patience = 60_000

/** As many at once as there are processors. */
export function createPool(size = Math.min(4, availableParallelism())) {
  const idle = Array.from({ length: size }, () => hire())
  const waiting = []
  const release = (examiner) => {
    const next = waiting.shift()
    if (next === undefined) idle.push(examiner)
    else next(examiner)
  }
  const ask = async (question) => {
    const examiner = idle.pop() ?? (await new Promise((free) => waiting.push(free)))
    const verdict = await new Promise((done) => {
      let hangs = false
      const watchdog = setTimeout(() => {
        hangs = true
        examiner.kill('SIGKILL')
      }, patience)
      const heard = (answer) => {
        clearTimeout(watchdog)
        examiner.off('exit', died)
        done(answer)
      }
      const died = (code, signal) => {
        clearTimeout(watchdog)
        examiner.off('message', heard)
        const how = hangs ? 'hangs' : `died: ${signal ?? code}`
        done({ problems: [`the process that has it open ${how}`], unseen: [], aside: [], lost: [], findings: [] })
      }
      examiner.once('message', heard)
      examiner.once('exit', died)
      examiner.send(question)
    })
    release(examiner.connected ? examiner : hire())
    return verdict
  }
  return {
    size,
    /** What {@link examine} says of the directory; a death is a problem like others. */
    examine: (directory, notes, options = {}) => ask({ what: 'examine', directory, notes, options }),
    /** What {@link searchFor} says. */
    search: (directory, numbers) => ask({ what: 'search', directory, numbers }),
    /** What {@link checkAndRepair} says. */
    check: (directory) => ask({ what: 'check', directory }),
    end() {
      for (const examiner of idle) examiner.disconnect()
    },
  }
}

function hire() {
  const flags = ['--disable-warning=ExperimentalWarning']
  return fork(import.meta.filename, ['examiner'], { execArgv: flags, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}
