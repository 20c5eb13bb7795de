// Runs of story.mjs: plain, killed, on a failing disk, recorded.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readRecord, watch } from './disk.mjs'

const story = join(import.meta.dirname, 'story.mjs')
const often = pathToFileURL(join(import.meta.dirname, 'checkpoints.mjs')).href

/** Where images and queues of short life go: in memory, if that can be had. Their syncs are only counted. */
export function scratch(stage) {
  const directory = existsSync('/dev/shm') ? join('/dev/shm', `angarium-faults-${process.pid}`) : stage.directory
  mkdirSync(directory, { recursive: true })
  stage.atEnd(() => {
    // What a failed scenario leaves is looked at.
    if (stage.failed === 0) rmSync(directory, { recursive: true, force: true })
    else stage.say(`its queues are in ${directory}`)
  })
  return directory
}

/** Directories of a place that are there before the run. */
export const madeBefore = (place) => [join(place, 'data'), join(place, 'data', 'queue')]

/**
 * Runs the story in a fresh place below `files`.
 *
 * @param orders given to the watch before the run starts
 * @param bare without the queue's directory and the one above it
 * @param checkpoints brings the log into the database all the time, not only at the end
 */
export async function runStory(
  files,
  { orders = {}, record = false, stubborn = false, checkpoints = false, bare = false } = {},
) {
  rmSync(files, { recursive: true, force: true })
  const place = join(files, 'place')
  mkdirSync(bare ? place : madeBefore(place)[1], { recursive: true })
  const watched = watch({ root: place, files, record })
  watched.order(orders)
  const child = spawn(process.execPath, [story, place, ...(stubborn ? ['stubborn'] : [])], {
    env: {
      ...process.env,
      ...watched.env,
      NODE_OPTIONS: `--disable-warning=ExperimentalWarning${checkpoints ? ` --import ${often}` : ''}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const [code, signal] = await new Promise((ended) => child.on('close', (...end) => ended(end)))
  const said = join(place, 'said')
  const run = {
    place,
    queue: join(place, 'data', 'queue'),
    code,
    signal,
    errors,
    calls: watched.count(),
    hits: watched.hits(),
    notes: existsSync(said) ? readFileSync(said, 'utf8') : '',
    record: record ? separate(readRecord(watched.log)) : [],
  }
  watched.end()
  return run
}

/** Each call to the disk, with what had been noted by the time it began. */
function separate(calls) {
  const notebooks = new Set()
  const steps = []
  let notes = ''
  for (const call of calls) {
    if (call.call === 'open' && call.path.endsWith('/said')) notebooks.add(call.fd)
    else if (call.call === 'write' && notebooks.has(call.fd)) notes += call.data.toString('utf8')
    else steps.push({ call, notes })
  }
  steps.push({ call: undefined, notes })
  return steps
}

/** Does work on items, a few at a time. */
export async function each(items, size, work) {
  const rest = items[Symbol.iterator]()
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: size }, worker))
}

/** Some of them, `wanted` at most, from all over; all of them when there are no more. */
export function sample(random, items, wanted) {
  if (items.length <= wanted) return [...items]
  return Array.from({ length: wanted }, (_, at) => {
    const [from, to] = [at, at + 1].map((edge) => Math.floor((edge * items.length) / wanted))
    return items[from + random.below(to - from)]
  })
}

/** At most so many sentences about what went wrong. */
export function noneOf(faults, most = 5) {
  if (faults.length === 0) return
  const rest = faults.length > most ? [`and ${faults.length - most} more`] : []
  throw new Error([...faults.slice(0, most), ...rest].join('\n'))
}
