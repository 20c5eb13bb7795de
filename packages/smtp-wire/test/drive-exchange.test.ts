import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecipientResult } from '../src/client/contract.ts'
import type { AnyExtension } from '../src/extension/types.ts'
import { reply } from '../src/reply/reply.ts'
import { type Break, playScript } from '../src/testing.ts'
import { pipelining, recipients, sender } from './client-fixture.ts'
import { createHandler, createHosts, createPeer } from './drive-fixture.ts'

/** Content with CRLF line ends only; mostly dots and line ends, cut at any place. */
const lines = fc
  .array(fc.constantFrom('.', '..', '\r\n', '.\r\n', 'a', 'é', '\0', '\r\n.\r\n', 'x'.repeat(70)), { maxLength: 200 })
  .map((parts) => Buffer.from(parts.join('')))

/** Pieces of these sizes, over and over. */
function pieces(sizes: readonly number[]): () => number {
  let turn = 0
  return () => sizes[turn++ % sizes.length] ?? 1
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('what is sent is what arrives', () => {
  it('octet for octet, however it is cut on the way in, on the wire and back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(lines, { minLength: 1, maxLength: 3 }),
        sizes,
        sizes,
        fc.boolean(),
        async (messages, wire, source, grouped) => {
          const handler = createHandler()
          const extensions: readonly AnyExtension[] = grouped ? [pipelining] : []
          const hosts = createHosts(handler, { extensions, faults: { piece: pieces(wire), room: 50 } })
          const opening = await hosts.open()
          if (opening.kind !== 'open') throw new Error(opening.kind)
          for (const message of messages) {
            const next = pieces(source)
            const content = (async function* () {
              for (let at = 0; at < message.length; ) {
                const size = next()
                yield message.subarray(at, at + size)
                at += size
              }
            })()
            const report = await opening.connection.send({ reversePath: sender, recipients: recipients(2), content })
            expect(report.recipients.map(({ kind }) => kind)).toEqual(['accepted', 'accepted'])
          }
          await opening.connection.quit()
          await hosts.served()
          const ended = (message: Buffer): string => {
            const text = message.toString('hex')
            return text === '' || text.endsWith('0d0a') ? text : `${text}0d0a`
          }
          expect(handler.taken.map(({ content }) => content.toString('hex'))).toEqual(messages.map(ended))
          expect(handler.taken.map(({ to }) => to.length)).toEqual(messages.map(() => 2))
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a connection cut after each octet', () => {
  const content = Buffer.from('Subject: t\r\n\r\n.dot\r\n')

  /** One transaction to three recipients, of which the second is refused; broken as told. */
  async function broken(
    faults: { readonly toServer?: Break; readonly toClient?: Break },
    { grouped, lmtp }: { readonly grouped: boolean; readonly lmtp: boolean },
  ): Promise<{ readonly stored: number; readonly results: readonly RecipientResult[] }> {
    let asked = 0
    const ok = reply(250, undefined, 'OK')
    const handler = createHandler({
      rcpt: () => {
        asked += 1
        return asked === 2 ? reply(550, undefined, 'No') : ok
      },
    })
    const protocol = lmtp ? 'lmtp' : 'smtp'
    const extensions: readonly AnyExtension[] = grouped ? [pipelining] : []
    const hosts = createHosts(handler, { protocol, extensions, faults })
    const results: RecipientResult[] = []
    const transfer = async (): Promise<void> => {
      const opening = await hosts.open({ protocol, extensions })
      if (opening.kind !== 'open') return
      // The final dot leaves by itself, so that there is a place in front of it.
      const outgoing = { reversePath: sender, recipients: recipients(3), content, beforeEnd: async () => true }
      results.push(...(await opening.connection.send(outgoing)).recipients)
      await opening.connection.quit()
    }
    const transferring = transfer()
    if (faults.toServer?.how === 'stall' || faults.toClient?.how === 'stall') await hosts.clock.advance(7_200_000)
    await transferring
    await hosts.served()
    expect([hosts.network.connections, hosts.clock.timers]).toEqual([0, 0])
    expect(handler.outcomes).toHaveLength(handler.begun)
    expect(handler.closings).toBe(1)
    return { stored: handler.taken.length, results }
  }

  for (const how of ['cut', 'stall'] as const)
    for (const way of ['toServer', 'toClient'] as const)
      for (const grouped of [true, false])
        for (const lmtp of [false, true])
          it(`(${[how, way, ...(grouped ? ['groups'] : []), ...(lmtp ? ['LMTP'] : [])].join(', ')}) leaves recipients lost, then unknown, then accepted`, async () => {
            const seen: string[] = []
            for (let after = 0, accepted = 0; accepted < 10; after++) {
              const { stored, results } = await broken({ [way]: { after, how } }, { grouped, lmtp })
              const [first, second, third] = results
              for (const result of [first, third]) {
                if (result?.kind === 'accepted') expect(stored).toBe(1)
                else if (result?.kind !== 'unknown') expect(stored).toBe(0)
              }
              if (second !== undefined) expect(['refused', 'lost']).toContain(second.kind)
              const kinds = `${first?.kind ?? 'not open'}, ${third?.kind ?? 'not open'}`
              if (kinds === 'accepted, accepted') accepted += 1
              if (seen.at(-1) !== kinds) seen.push(kinds)
            }
            // A server that waits for the rest in vain says 421, which answers the dot; the first one, under LMTP.
            const told = how === 'stall' && way === 'toServer'
            const between = told ? `refused, ${lmtp ? 'unknown' : 'refused'}` : 'unknown, unknown'
            const stages = ['not open, not open', 'lost, lost', between, 'accepted, accepted']
            // Under LMTP the reply for the first may come through, and the one for the third not.
            if (lmtp && way === 'toClient') stages.splice(3, 0, 'accepted, unknown')
            expect(seen).toEqual(stages)
          })
})

describe('hostile servers of the shared cases', () => {
  const shared = process.env.ANGARIUM_SHARED ?? new URL('../../../../shared', import.meta.url).pathname
  const file = `${shared}/vectors/smtp-abuse/cases.json`
  const present = existsSync(file)

  interface Step {
    readonly send?: string
    readonly recvCmd?: string
    readonly recvData?: true
    readonly tlsServer?: object
  }
  interface Case {
    readonly id: string
    readonly title: string
    readonly role: string
    readonly steps: readonly Step[]
    readonly expect: readonly { readonly property: string; readonly state?: string }[]
  }
  const cases = present
    ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }).cases.filter(
        ({ role }) => role === 'hostile-server',
      )
    : []

  it.skipIf(!present)(`are there${present ? '' : ` (skipped: no ${file})`}`, () => {
    expect(cases.length).toBeGreaterThan(0)
  })

  for (const one of cases)
    it(`${one.id}: ${one.title}`, async () => {
      const script = one.steps
        .map((step) => {
          if (step.send !== undefined) return `S: ${step.send.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}\\`
          if (step.recvCmd !== undefined) return `C: ${step.recvCmd.replace('^', '')}*`
          return step.recvData === true ? 'C: ...' : '-- tls'
        })
        .join('\n')
      const hosts = createPeer((transport, clock) => void playScript(transport, script, { clock }))
      const opening = await hosts.open()
      if (opening.kind !== 'open') throw new Error(opening.kind)
      const { connection } = opening
      if (connection.offers.has('STARTTLS')) {
        const securing = await connection.startTls({ role: 'client', serverName: 'sink.test' })
        expect(securing.kind).toBe('secured')
      }
      const content = Buffer.from(`Subject: t\r\n\r\n${'x'.repeat(60)}\r\n`)
      const { recipients: results } = await connection.send({ reversePath: sender, recipients: recipients(1), content })
      await connection.quit()
      const [result] = results
      const state =
        result?.kind === 'accepted'
          ? 'delivered'
          : result?.kind === 'refused' && result.reply.code >= 500
            ? 'bounced'
            : 'queued'
      expect(state).toBe(one.expect.find(({ property }) => property === 'message-state')?.state)
    })
})
