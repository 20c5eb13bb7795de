import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withCrlf } from './smtp.mjs'

const shared = process.env.ANGARIUM_SHARED ?? join(import.meta.dirname, '../../../shared')
const messages = join(shared, 'corpus-bench/messages')

/** Why the corpus cannot be used here; `undefined` when it can. */
export const corpus = () =>
  existsSync(messages) ? undefined : `there is no corpus-bench beside the repository (or in ANGARIUM_SHARED)`

/** Why the abuse vectors cannot be played here; `undefined` when they can. */
export const abuseVectors = () =>
  existsSync(join(shared, 'vectors/smtp-abuse/cases.json'))
    ? undefined
    : 'there is no vectors/smtp-abuse (ANGARIUM_SHARED)'

export const readAbuse = () => JSON.parse(readFileSync(join(shared, 'vectors/smtp-abuse/cases.json'), 'utf8'))

/** Real mail as a client would send it: line ends CRLF, no mbox line in front. */
export function readCorpus() {
  const files = []
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(folder, entry.name))
      else files.push(join(folder, entry.name))
    }
  }
  walk(messages)
  return files.sort().map((file) => {
    let octets = readFileSync(file)
    if (octets.subarray(0, 5).toString() === 'From ') octets = octets.subarray(octets.indexOf(0x0a) + 1)
    return { name: file.slice(messages.length + 1), octets: withCrlf(octets) }
  })
}
