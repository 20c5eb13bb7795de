import {
  ClientSession,
  decodeUtf8,
  encodeUtf8,
  type Mailbox,
  type OutgoingTransaction,
  parseMailbox,
  parseParameters,
  type RawParameter,
  type RecipientResult,
} from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { pipelining } from '../src/index.ts'
import { byName } from './extensions.ts'
import { type PlanVector, type Refused, vectorsOf } from './vectors.ts'

for (const [name, [extension, ...beside]] of Object.entries(byName)) {
  const { plans = [] } = vectorsOf(name)
  if (plans.length === 0) continue
  describe(`client half of ${name}`, () => {
    it.each(plans)('$name', ({ says, veto, ...given }: PlanVector) => {
      const list = extension === pipelining ? [pipelining] : [pipelining, extension, ...beside]
      const session = new ClientSession({
        hostname: 'client.example',
        extensions: list,
        tls: given.tls === true,
        now: () => 0,
      })
      const offers = ['PIPELINING', ...(given.offers ?? [])].map((offer) => `250-${offer}\r\n`).join('')
      hear(session, '220 mx.example\r\n')
      hear(session, `250-mx.example\r\n${offers}250 X-LAST\r\n`)
      const transaction = outgoing(given)
      session.send(transaction)
      const lines = (decodeUtf8(session.takeOutput() ?? new Uint8Array()) ?? '').split('\r\n')
      const vetoed = resultsOf(session)
      if (veto !== undefined) {
        expect(lines).toEqual([''])
        expect(vetoed).toEqual(transaction.recipients.map(() => veto))
        return
      }
      const paths = [given.from ?? 'ada@client.example', ...(given.to ?? ['bob@example.org'])]
      const expected = (says ?? []).flatMap((said, index) =>
        typeof said === 'string' ? [line(index === 0 ? 'MAIL FROM' : 'RCPT TO', paths[index] ?? '', said)] : [],
      )
      expect(lines.filter((text) => text.startsWith('MAIL') || text.startsWith('RCPT'))).toEqual(expected)
      if (says?.[0] === null) expect(vetoed).toEqual(says.slice(1))
      else expect(refusalsAfter(session, expected.length)).toEqual(says?.slice(1).filter((said) => Array.isArray(said)))
    })
  })
}

const line = (verb: string, path: string, parameters: string): string =>
  `${verb}:<${path}>${parameters === '' ? '' : ` ${parameters}`}`

/** Feeds octets, and drops what comes of them. */
function hear(session: ClientSession, text: string): void {
  session.receive(encodeUtf8(text))
  while (session.poll() !== undefined);
  session.takeOutput()
}

function outgoing({
  from = 'ada@client.example',
  to = ['bob@example.org'],
  ...given
}: PlanVector): OutgoingTransaction {
  const { mail = '', rcpt = [], size, body, utf8Header } = given
  return {
    reversePath: from === '' ? { kind: 'null' } : mailbox(from),
    parameters: raw(mail),
    recipients: to.map((address, index) => ({ forwardPath: mailbox(address), parameters: raw(rcpt[index] ?? '') })),
    ...(size !== undefined && { size }),
    ...(body !== undefined && { body }),
    ...(utf8Header !== undefined && { utf8Header }),
  }
}

function mailbox(text: string): Mailbox {
  const read = parseMailbox(text, { localPartOctets: 64, pathOctets: 256, utf8: true })
  if (read === undefined) throw new Error(`${text} is no mailbox`)
  return read
}

function raw(text: string): readonly RawParameter[] {
  const read = parseParameters(text, true)
  if (read === undefined) throw new Error(`"${text}" are no parameters`)
  return read
}

/** Refusals of the transaction that is over, one for each recipient; `undefined` while it goes on. */
function resultsOf(session: ClientSession): readonly (Refused | undefined)[] | undefined {
  for (let event = session.poll(); event !== undefined; event = session.poll())
    if (event.kind === 'finished') return event.recipients.map(refusal)
  return undefined
}

const refusal = (result: RecipientResult): Refused | undefined =>
  result.kind === 'vetoed' ? [result.reply.code, result.reply.status ?? ''] : undefined

/** Which recipients were not sent, once the server has refused all others. */
function refusalsAfter(session: ClientSession, commands: number): readonly Refused[] {
  session.receive(encodeUtf8(`250 OK\r\n${'550 No\r\n'.repeat(commands)}`))
  const results = resultsOf(session) ?? []
  return results.flatMap((result) => (result === undefined ? [] : [result]))
}
