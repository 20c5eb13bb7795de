import { parentPort, workerData } from 'node:worker_threads'
import { Engine } from './database/engine.ts'
import type { BatchMessage, ReplyMessage, ThreadOptions } from './thread/protocol.ts'

const port = parentPort
if (port === null) throw new Error('this file is the thread of a store and does nothing by itself')

const engine = new Engine(workerData as ThreadOptions)
const opening = engine.open()
port.postMessage(opening)
// Without a listener nothing keeps the thread: one that could not open ends by itself.
if (opening.ok)
  port.on('message', (message: BatchMessage | 'close') => {
    if (message === 'close') {
      engine.close()
      port.close()
      return
    }
    const { now, asks, memory, octets } = message
    const reply = engine.handle({ now, asks: JSON.parse(asks), contents: new Uint8Array(memory, 0, octets) })
    const { contents, news } = reply
    const answer: ReplyMessage = { outcomes: JSON.stringify(reply.outcomes), contents, news }
    port.postMessage(answer, [contents])
  })
