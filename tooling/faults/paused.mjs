// A delivery worker that takes a lease, tells its keeper, and settles when it hears from it: `node paused.mjs SOCKET`.
import { connectQueue } from '../../packages/queue-socket/dist/index.js'

const store = connectQueue({ path: process.argv[2] })
await store.open()
const [lease] = await store.lease({ destination: 'a.test', holder: 'worker', duration: 500, limit: 1 })
process.send({ fence: lease.fence })
process.once('message', async () => {
  const report = {
    reversePath: '',
    parameters: [],
    recipients: [{ address: 's@b.test', parameters: [], destination: 'b.test' }],
  }
  const spawn = [{ envelope: report, content: new Uint8Array(10) }]
  const recipients = [{ index: 0, kind: 'failed', status: '5.1.1', because: 'no such mailbox' }]
  const [result] = await store.settle([{ lease, recipients, spawn }]).catch((error) => [{ kind: String(error.code) }])
  process.send({ result: result.kind })
  await store.close().catch(() => undefined)
  process.disconnect()
})
