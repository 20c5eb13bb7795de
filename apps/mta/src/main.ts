#!/usr/bin/env node
import { run } from './command/run.ts'

const console = {
  out: (line: string): void => void process.stdout.write(`${line}\n`),
  err: (line: string): void => void process.stderr.write(`${line}\n`),
}

process.exit(await run(process.argv.slice(2), console))
