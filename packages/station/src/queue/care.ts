import { resolve } from 'node:path'
import { exitCodes } from '@angarium/host'
import { visible } from '../command/console.ts'
import type { Finding } from '../store.ts'
import { counted, jsonList, type QueueAction, shown } from './action.ts'

/** `queue check`. What is left unrepaired is told by the exit code. */
export const check: QueueAction = async (call, { repair, json }, console) => {
  let [found, repaired] = [0, 0]
  async function* findings(): AsyncGenerator<Finding> {
    for await (const finding of call('check', { repair })) {
      found++
      if (finding.repaired) repaired++
      yield finding
    }
  }
  if (json) await jsonList(findings(), console)
  else {
    for await (const { kind, id, what, remedy, repaired } of findings()) {
      const about = id === undefined ? kind : `${kind} ${visible(id)}`
      console.out(`${about}: ${visible(what)}: ${repaired ? 'repaired' : visible(remedy)}`)
    }
    console.out(found === 0 ? 'the queue is sound' : `${counted(found, 'finding')}, ${repaired} repaired`)
  }
  return found === repaired ? exitCodes.ok : exitCodes.data
}

/** `queue backup`. */
export const backup: QueueAction = async (call, { directory = '', json }, console) => {
  // The server may have another working directory.
  const copies = call('backup', { directory: resolve(directory) })
  return shown(copies, json, (copy) => [`copied to ${visible(copy)}`], console)
}
