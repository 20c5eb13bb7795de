// Loaded into a server by --import: how late its event loop is, by node:perf_hooks. What was seen since the last SIGUSR2
// is written as JSON to the file named by ANGARIUM_LOOP_DELAY. Milliseconds; `samples` are one each millisecond.
import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const file = process.env.ANGARIUM_LOOP_DELAY
if (file !== undefined && isMainThread) {
  const resolution = 1
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  process.on('SIGUSR2', () => {
    // The histogram holds the time between two samples; what is beyond the resolution is lateness.
    const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolution)
    const [p50, p99] = [late(delay.percentile(50)), late(delay.percentile(99))]
    const seen = { samples: delay.count, p50, p99, max: late(delay.max) }
    delay.reset()
    writeFileSync(`${file}.new`, JSON.stringify(seen))
    renameSync(`${file}.new`, file)
  })
}
