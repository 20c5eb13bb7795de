import { exitCodes } from '@angarium/host'
import type { Console } from '../command/console.ts'
import type { QueueAccess } from './access.ts'
import type { Wanted } from './arguments.ts'

/** One thing done with a queue; answers the exit code. */
export type QueueAction = (call: QueueAccess, wanted: Wanted, console: Console) => Promise<number>

/** Prints each value as JSON or in words; answers the exit code. */
export async function shown<T>(
  values: AsyncIterable<T>,
  json: boolean,
  words: (value: T) => Iterable<string>,
  console: Console,
): Promise<number> {
  for await (const value of values) for (const line of json ? [JSON.stringify(value)] : words(value)) console.out(line)
  return exitCodes.ok
}

/** Prints values as one list in JSON, each on a line of its own; answers the exit code. */
export async function jsonList(values: AsyncIterable<unknown>, console: Console): Promise<number> {
  let line = '['
  for await (const value of values) {
    console.out(line)
    line = `${JSON.stringify(value)},`
  }
  console.out(line === '[' ? '[]' : `${line.slice(0, -1)}\n]`)
  return exitCodes.ok
}

export function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}
