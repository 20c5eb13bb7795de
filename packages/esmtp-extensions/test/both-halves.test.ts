import type { AnyExtension } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import * as esmtp from '../src/index.ts'
import { mailbox, send, session } from './pair.ts'
import { all } from './talk.ts'

const without = (keyword: string): readonly AnyExtension[] => all.filter((one) => one.keyword !== keyword)

describe('SIZE', () => {
  it('is declared and read', async () => {
    const { connection, mails } = await session({})
    expect(await send(connection, { size: 999 })).toMatchObject({ kind: 'accepted' })
    expect(mails).toEqual([{ SIZE: 999, BODY: '8BITMIME' }])
  })

  it('stops what is too large before it is sent', async () => {
    const { connection, mails } = await session({})
    expect(await send(connection, { size: 1_001 })).toMatchObject({
      kind: 'vetoed',
      by: 'size',
      reply: { code: 552, status: '5.3.4' },
    })
    expect([mails, connection.usable]).toEqual([[], true])
  })

  it('is not declared to a server that does not know it, nor by a client that does not', async () => {
    for (const sides of [{ server: without('SIZE') }, { client: without('SIZE') }]) {
      const { connection, mails } = await session(sides)
      expect(await send(connection, { size: 500, body: '7bit' })).toMatchObject({ kind: 'accepted' })
      expect(mails).toEqual([{}])
    }
  })
})

describe('8BITMIME', () => {
  it('is announced for what is 8-bit or may be', async () => {
    const { connection, mails } = await session({})
    for (const wish of [{ body: '8bit' }, {}, { body: '7bit' }] as const) await send(connection, wish)
    expect(mails).toEqual([{ BODY: '8BITMIME' }, { BODY: '8BITMIME' }, {}])
  })

  it('stops 8-bit content for a 7-bit server, or just sends it', async () => {
    const strict = await session({ server: without('8BITMIME') })
    expect(await send(strict.connection, { body: '8bit' })).toMatchObject({
      kind: 'vetoed',
      by: '8bitmime',
      reply: { code: 554, status: '5.6.3' },
    })
    expect(await send(strict.connection, {})).toMatchObject({ kind: 'accepted' })
    const lax = await session({ server: without('8BITMIME'), client: [esmtp.eightBitMimeJustSend] })
    expect(await send(lax.connection, { body: '8bit' })).toMatchObject({ kind: 'accepted' })
    expect(lax.mails).toEqual([{}])
  })
})

describe('PIPELINING', () => {
  it('works between both, and with only one of them', async () => {
    for (const sides of [{}, { server: without('PIPELINING') }, { client: without('PIPELINING') }]) {
      const { connection } = await session(sides)
      for (let turn = 0; turn < 3; turn++) expect(await send(connection, {})).toMatchObject({ kind: 'accepted' })
    }
  })
})

describe('ENHANCEDSTATUSCODES', () => {
  it('gives the client the status of each reply, or none', async () => {
    const refused = async (server: readonly AnyExtension[]) => {
      const { connection } = await session({ server })
      const { recipients } = await connection.send({
        reversePath: { kind: 'null' },
        recipients: [{ forwardPath: mailbox('nobody@example.org') }],
        content: new Uint8Array(0),
      })
      return recipients[0]
    }
    const told = await refused(all)
    expect(told).toMatchObject({ kind: 'refused', reply: { code: 550, status: '5.1.1', text: ['Nobody here'] } })
    const bare = await refused(without('ENHANCEDSTATUSCODES'))
    expect(bare).toMatchObject({ kind: 'refused', reply: { code: 550, text: ['Nobody here'] } })
    expect(bare?.kind === 'refused' && bare.reply.status).toBeUndefined()
  })
})

describe('STARTTLS', () => {
  const options = { role: 'client', serverName: 'mx.example.org', mustVerify: true } as const

  it('secures the session, which is new from then on', async () => {
    const { connection } = await session({ tls: true })
    expect(connection.offers.has('STARTTLS')).toBe(true)
    expect(await connection.startTls(options)).toMatchObject({ kind: 'secured', tls: { verified: true } })
    expect(connection.offers.has('STARTTLS')).toBe(false)
    expect(await send(connection, {})).toMatchObject({ kind: 'accepted' })
  })

  it('is not tried where it is not offered', async () => {
    const { connection } = await session({})
    expect(await connection.startTls(options)).toEqual({ kind: 'refused' })
    expect(await connection.command('STARTTLS', '')).toMatchObject({ code: 503 })
    expect(await send(connection, {})).toMatchObject({ kind: 'accepted' })
  })
})
