#!/usr/bin/env node
import { run } from './command/run.ts'

const streams = [process.stdout, process.stderr]
// Whoever reads may go before the end: `queue list | head`.
for (const stream of streams) stream.on('error', () => undefined)

const code = await run(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
})
// What a slow reader has not taken yet would be lost with the process.
for (const stream of streams) await new Promise((written) => stream.write('', written))
process.exit(code)
