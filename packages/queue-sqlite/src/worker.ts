import { parentPort, workerData } from 'node:worker_threads'
import { Engine } from './database/engine.ts'
import type { Batch, ThreadOptions } from './thread/protocol.ts'

const port = parentPort
if (port === null) throw new Error('this file is the thread of a store and does nothing by itself')

const engine = new Engine(workerData as ThreadOptions)
const opening = engine.open()
port.postMessage(opening)
// Without a listener nothing keeps the thread: one that could not open ends by itself.
if (opening.ok)
  port.on('message', (message: Batch | 'close') => {
    if (message === 'close') {
      engine.close()
      port.close()
      return
    }
    const reply = engine.handle(message)
    port.postMessage(reply, [reply.contents])
  })
