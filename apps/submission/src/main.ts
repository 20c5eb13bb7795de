#!/usr/bin/env node
import { runProcess } from '@angarium/station/command'
import { program } from './command/program.ts'

await runProcess(program)
