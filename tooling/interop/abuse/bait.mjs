import { createSecureContext } from 'node:tls'
import { lines, Wire } from './wire.mjs'

/** A server that follows the script of a `hostile-server` case, once for each connection. */
export function createBait(steps, certificates) {
  const play = { attempts: 0, copies: 0, overTls: false, lines: [], wires: [], problems: [] }
  const converse = async (socket) => {
    play.attempts++
    const wire = new Wire(socket, lines)
    play.wires.push(wire)
    for (const step of steps) {
      if ('send' in step) await wire.write(Buffer.from(step.send, 'latin1'))
      else if ('recvCmd' in step) {
        const line = await wire.next(20_000)
        if (line === 'closed' || line === undefined) return
        play.lines.push(line)
        // A client that says something else leaves the script; what it did is judged by the properties.
        if (!new RegExp(step.recvCmd).test(line)) {
          play.problems.push(`expected ${step.recvCmd}, got ${JSON.stringify(line)}`)
          if (/^QUIT/i.test(line)) await wire.write('221 bye\r\n')
          wire.fin()
          return
        }
      } else if ('recvData' in step) {
        if ((await wire.takeUntil('\r\n.\r\n', 20_000)) === undefined) return
        play.copies++
        if (wire.secured) play.overTls = true
      } else if ('tlsServer' in step) {
        const secureContext = createSecureContext(certificates(step.tlsServer.cert))
        if (!(await wire.secure({ isServer: true, secureContext }, 20_000))) return
      } else if ('wait' in step) await new Promise((wake) => setTimeout(wake, step.wait))
      else if ('rst' in step) wire.rst()
      else if ('fin' in step) wire.fin()
      else if ('close' in step) wire.close()
      else if ('noRead' in step) wire.pause(step.noRead)
      else if ('sendPlain' in step) wire.writePlain(Buffer.from(step.sendPlain, 'latin1'))
      else play.problems.push(`the runner does not know ${JSON.stringify(step)}`)
    }
    // Behind its script a server hangs up in order once the client is done.
    await wire.ended(20_000)
    wire.close()
  }
  return { play, converse }
}
