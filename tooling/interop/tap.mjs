// A tap on a plain SMTP connection: passes everything on, and keeps the commands of the client's side.
import { connect, createServer } from 'node:net'

/**
 * @param port where a server on loopback is
 * @param at where the tap listens; a port of its own is in `port`
 */
export async function startTap(stage, port, at = { address: '127.0.0.1', port: 0 }) {
  const tap = { port: 0, connections: [] }
  const server = createServer((client) => {
    const octets = []
    tap.connections.push(octets)
    const onward = connect(port, '127.0.0.1')
    client.on('data', (piece) => octets.push(piece))
    client.pipe(onward).pipe(client)
    for (const socket of [client, onward])
      socket.on('error', () => {
        client.destroy()
        onward.destroy()
      })
  })
  await new Promise((listening, failed) => {
    server.on('error', failed)
    server.listen(at.port, at.address, listening)
  })
  tap.port = server.address().port
  /** Lines so far that begin with such a verb; content that has such lines is the scenario's own fault. */
  tap.commands = (verb) =>
    tap.connections
      .flatMap((octets) => Buffer.concat(octets).toString('utf8').split('\r\n'))
      .filter((line) => line.toUpperCase().startsWith(verb))
  /** From here on: a call answers what clients have said since, a piece for each connection. */
  tap.listen = () => {
    const before = tap.connections.map((octets) => octets.length)
    return () =>
      tap.connections
        .map((octets, number) => Buffer.concat(octets.slice(before[number] ?? 0)))
        .filter(({ length }) => length > 0)
  }
  stage.atEnd(() => {
    server.close()
  })
  return tap
}

/** What follows the path in a MAIL or RCPT command: name to value, names in upper case. */
export function parametersOf(command) {
  const words = command
    .slice(command.lastIndexOf('>') + 1)
    .trim()
    .split(' ')
    .filter((word) => word !== '')
  return new Map(
    words.map((word) => {
      const [name, ...value] = word.split('=')
      return [name.toUpperCase(), value.join('=')]
    }),
  )
}

/** @rfc 3461 4 */
export const fromXtext = (text) =>
  text.replace(/\+([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
