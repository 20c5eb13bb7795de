// Loaded into the server: it dies of sending what is marked, as it would of a fault in its own code.
import { Socket } from 'node:net'

const mark = Buffer.from('x-poison: yes')
const { write } = Socket.prototype
Socket.prototype.write = function (octets, ...rest) {
  if (octets instanceof Uint8Array && Buffer.from(octets.buffer, octets.byteOffset, octets.length).includes(mark))
    process.kill(process.pid, 'SIGKILL')
  return write.call(this, octets, ...rest)
}
