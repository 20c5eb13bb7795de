import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRelayPolicy, ReceptionError } from '../src/index.ts'
import { createRig, friend, here, stranger } from './rig.ts'

interface Case {
  readonly title: string
  readonly friend?: boolean
  readonly hello?: string
  readonly mail?: string
  readonly rcpt?: string
  readonly refused?: string
  readonly address?: string
  readonly destination?: string
}

const vectors: { readonly refused: readonly Case[]; readonly accepted: readonly Case[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/relay.json'), 'utf8'),
)

/** The first refusal of a transaction, or the last reply. */
async function attempt(one: Case) {
  const rig = await createRig()
  const client = await rig.connect(one.friend === true ? friend : stranger)
  await client.replies()
  await client.say(`EHLO ${one.hello ?? 'client.test'}`)
  const mail = await client.say(`MAIL FROM:${one.mail ?? '<s@sender.test>'}`)
  if (!mail.startsWith('250')) return { rig, client, reply: mail }
  return { rig, client, reply: await client.say(`RCPT TO:${one.rcpt}`) }
}

describe('relay policy', () => {
  for (const one of vectors.refused)
    it(`refused: ${one.title}`, async () => {
      const { rig, client, reply } = await attempt(one)
      expect(reply.slice(0, 9)).toBe(one.refused)
      expect(await client.say('DATA')).toMatch(/^503 /)
      expect(await rig.entries()).toEqual([])
    })

  for (const one of vectors.accepted)
    it(`accepted: ${one.title}`, async () => {
      const { rig, client, reply } = await attempt(one)
      expect(reply).toMatch(/^250 2\.1\.5 /)
      expect(await client.say('DATA')).toMatch(/^354 /)
      expect(await client.say('.')).toMatch(/^250 2\.0\.0 /)
      const [entry] = await rig.entries()
      expect(entry?.recipients).toMatchObject([{ address: one.address, destination: one.destination }])
    })

  it('the hostname may be a local domain, and then the address literal has its mailboxes', async () => {
    const recipients = createRelayPolicy({
      hostname: 'MX.local.test',
      localDomains: new Map([
        ['mx.LOCAL.test', { destination: 'local:mx.local.test', hasMailbox: async (name) => name === 'root' }],
      ]),
      postmaster: { address: 'root@mx.local.test', destination: 'local:mx.local.test' },
    })
    const rig = await createRig({ recipients })
    const client = await rig.open()
    await client.send('x\r\n', ['<root@mx.local.test>', `<root@[${here}]>`])
    expect((await rig.entries())[0]?.recipients).toMatchObject([
      { address: 'root@mx.local.test', destination: 'local:mx.local.test' },
      { address: 'root@MX.local.test', destination: 'local:mx.local.test' },
    ])
    expect(await client.send('x\r\n', [`<alice@[${here}]>`])).toMatch(/^503 /)
  })

  it('a literal of ours over IPv6 is told by its octets, not its spelling', async () => {
    const recipients = createRelayPolicy({
      hostname: 'mx.local.test',
      localDomains: new Map(),
      postmaster: { address: 'p@elsewhere.test', destination: 'elsewhere.test' },
    })
    const decide = (domain: string) =>
      recipients.rcpt(
        {
          kind: 'rcpt',
          forwardPath: { kind: 'mailbox', localPart: 'postmaster', domain: domain as never },
          parameters: {},
          raw: [],
        },
        {
          session: {
            peer: { address: '2001:db8::9', port: 1, localAddress: '2001:db8::1', localPort: 25 },
            protocol: 'smtp',
            tls: undefined,
            hello: undefined,
            identity: undefined,
          },
          reversePath: { kind: 'null' },
          parameters: {},
          raw: [],
          recipients: [],
        },
      )
    expect(decide('[IPv6:2001:0DB8:0::1]')).toMatchObject({ kind: 'accept', address: 'p@elsewhere.test' })
    expect(decide('[IPv6:2001:db8::2]')).toMatchObject({ kind: 'refuse' })
  })

  it("names that are no domains are the caller's fault", () => {
    const postmaster = { address: 'p@local.test', destination: 'local:local.test' }
    const one = { destination: 'x', hasMailbox: () => true }
    for (const [hostname, name] of [
      ['mx local', 'local.test'],
      ['mx.local.test', 'local..test'],
      ['', 'local.test'],
    ] as const)
      try {
        createRelayPolicy({ hostname, localDomains: new Map([[name, one]]), postmaster })
        expect.unreachable()
      } catch (error) {
        expect(ReceptionError.is(error, 'RECEPTION_MISUSE')).toBe(true)
      }
    const made = () =>
      createRelayPolicy({ hostname: 'mx.local.test', addresses: ['mx2'], localDomains: new Map(), postmaster })
    expect(made).toThrow(ReceptionError)
  })
})
