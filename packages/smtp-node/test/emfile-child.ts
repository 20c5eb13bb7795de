// Listens with few descriptors, and does what it is told on standard input. Run by listener.test.ts.
import { closeSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Transport } from '@angarium/smtp-wire/drive'
import { listen } from '../src/index.ts'

const taken: Transport[] = []
const files: number[] = []
const listener = await listen({
  address: '127.0.0.1',
  port: 0,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 1_000,
  onConnection(transport) {
    taken.push(transport)
    void transport.write(Buffer.from('220 ready\r\n'))
  },
  onRefused: (_, reason) => Buffer.from(`421 ${reason}\r\n`),
})
tell({ port: listener.port })

for await (const word of createInterface(process.stdin)) {
  if (word === 'exhaust') exhaust()
  if (word === 'release') {
    for (const file of files) closeSync(file)
    for (const transport of taken.splice(0)) transport.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { user, system } = process.cpuUsage()
  tell({ taken: taken.length, cpu: (user + system) / 1_000 })
}

function exhaust(): void {
  for (;;)
    try {
      files.push(openSync('/dev/null', 'r'))
    } catch {
      return
    }
}

function tell(what: Record<string, number>): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}
