// Loaded into a server by the interop run only: tells its memory and the longest stall of its event loop.
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const path = process.env.ANGARIUM_PROBE
if (path !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  rmSync(path, { force: true })
  const server = createServer((_, response) => {
    const stallMs = delay.max / 1e6
    delay.reset()
    response.setHeader('connection', 'close')
    response.end(JSON.stringify({ pid: process.pid, rss: process.memoryUsage.rss(), stallMs }))
  })
  server.listen(path)
  server.unref()
}
