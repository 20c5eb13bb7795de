#!/usr/bin/env -S node --max-semi-space-size=8 --single-threaded-gc
import { runProcess } from '@angarium/station/command'
import { program } from './command/program.ts'

await runProcess(program)
