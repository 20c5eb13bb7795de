import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { eightBitMime, enhancedStatusCodes, pipelining, size } from '@angarium/esmtp-extensions'
import { exitCodes } from '@angarium/host'
import { createDialer, nodeClock } from '@angarium/smtp-node'
import { type Mailbox, parseDomain, parseMailbox, type Reply } from '@angarium/smtp-wire'
import { connect, DialError } from '@angarium/smtp-wire/drive'
import { type Console, loadConfiguration, UsageError, visible } from '@angarium/station/command'
import { configFile } from '../config/file.ts'

const extensions = [size, eightBitMime, pipelining, enhancedStatusCodes] as const

/** `angarium send`: hands one message to a server and tells what it said about each recipient. */
export async function sendCommand(args: readonly string[], console: Console): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      server: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string', multiple: true, default: [] },
    },
  })
  const [file = '-'] = positionals
  if (values.from === undefined) throw new UsageError('send needs --from; an empty one is the null reverse-path')
  if (values.to.length === 0) throw new UsageError('send needs --to')
  if (positionals.length > 1) throw new UsageError('send takes one file')
  const reversePath = values.from === '' ? ({ kind: 'null' } as const) : mailbox('--from', values.from)
  const recipients = values.to.map((address) => ({ forwardPath: mailbox('--to', address) }))
  const target = values.server === undefined ? listenerOf(values.config, console) : serverOf(values.server)
  if (target === undefined) return exitCodes.config

  let content: Uint8Array
  try {
    content = networkLines(readFileSync(file === '-' ? 0 : file))
  } catch (error) {
    console.err(`angarium send: ${error instanceof Error ? error.message : error}`)
    return exitCodes.noInput
  }
  const place = `${target.address} port ${target.port}`
  try {
    const transport = await createDialer().dial(target, { timeout: 30_000 })
    const name = parseDomain(hostname()) === undefined ? 'localhost' : hostname()
    const opening = await connect(transport, { hostname: name, extensions, clock: nodeClock })
    if (opening.kind === 'refused') return told(console, place, opening.reply)
    if (opening.kind === 'lost') {
      console.err(`angarium send: ${place}: ${opening.loss} in the ${opening.phase}`)
      return exitCodes.temporary
    }
    const { connection } = opening
    const body = content.some((octet) => octet > 127) ? '8bit' : '7bit'
    const report = await connection.send({ reversePath, recipients, content, size: content.length, body })
    await connection.quit()
    const codes = report.recipients.map((result, at) => {
      const to = `<${values.to[at]}>`
      if ('reply' in result && result.reply !== undefined) return told(console, to, result.reply)
      console.err(`${to}: ${result.kind}${'loss' in result ? `, ${result.loss}` : ''}`)
      return exitCodes.temporary
    })
    return codes.find((code) => code === exitCodes.temporary) ?? Math.max(...codes)
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    console.err(`angarium send: no connection to ${place}: ${error.code}`)
    return exitCodes.unavailable
  }
}

function mailbox(option: string, text: string): Mailbox {
  const parsed = parseMailbox(text)
  if (parsed === undefined) throw new UsageError(`${option} ${text}: expected an address such as you@example.com`)
  return parsed
}

interface Target {
  readonly address: string
  readonly port: number
}

function serverOf(text: string): Target {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([1-9][0-9]{0,4})$/.exec(text) ?? []
  const address = bracketed ?? plain
  if (address === undefined || Number(port) > 65_535)
    throw new UsageError(`--server ${text}: expected an address and a port, such as 127.0.0.1:2525 or [::1]:2525`)
  return { address, port: Number(port) }
}

/** The first listener of the configuration that speaks SMTP. */
function listenerOf(config: string | undefined, console: Console): Target | undefined {
  const listener = loadConfiguration(configFile, config, console)?.listeners.find(({ protocol }) => protocol === 'smtp')
  if (listener === undefined) return undefined
  const { address, port } = listener
  return { address: address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address, port }
}

/** Prints a reply; answers the exit code it deserves. */
function told(console: Console, whom: string, { code, status, text }: Reply): number {
  const line = `${whom}: ${code}${status === undefined ? '' : ` ${status}`} ${visible(text.join(' '))}`
  if (code < 400) console.out(line)
  else console.err(line)
  return code < 400 ? exitCodes.ok : code < 500 ? exitCodes.temporary : exitCodes.unavailable
}

/** Lines ended by CRLF, as the network wants them, whatever they ended with. */
export function networkLines(octets: Uint8Array): Uint8Array {
  const [CR, LF] = [0x0d, 0x0a]
  const result = new Uint8Array(2 * octets.length + 2)
  let length = 0
  const endLine = (): void => {
    result[length++] = CR
    result[length++] = LF
  }
  for (const [at, octet] of octets.entries())
    if (octet === CR || (octet === LF && octets[at - 1] !== CR)) endLine()
    else if (octet !== LF) result[length++] = octet
  if (length > 0 && result[length - 1] !== LF) endLine()
  return result.subarray(0, length)
}
