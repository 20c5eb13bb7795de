import { describe, expect, it } from 'vitest'
import { createTlsContext } from '../src/index.ts'
import vectors from '../vectors/identity.json' with { type: 'json' }
import { host as hostWith, trusting } from './certificates.ts'
import { over, sockets } from './pair.ts'

interface Case {
  readonly name: string
  readonly certificate: string
  readonly host?: string
  readonly because?: string
}

async function handshake({ certificate, host }: Case, mustVerify: boolean, context = trusting) {
  const pair = await sockets()
  const server = over(pair.server, { tls: createTlsContext(hostWith(certificate)) })
  const atServer = server.startTls({ role: 'server' }).catch(() => undefined)
  const client = over(pair.client, { tls: context })
  const asked = host === undefined ? {} : { serverName: host }
  try {
    return await client.startTls({ role: 'client', mustVerify, ...asked })
  } finally {
    client.close()
    await atServer
  }
}

describe.each(vectors.cases as readonly Case[])('$name', (one) => {
  it('is told', async () => {
    const info = await handshake(one, false)
    expect(info).toMatchObject({ verified: one.because === undefined, protocol: 'TLSv1.3' })
    expect(info.because).toBe(one.because)
    expect(info.serverName).toBe(one.host)
  })

  it('decides where it must', async () => {
    const strict = handshake(one, true)
    if (one.because === undefined) expect(await strict).toMatchObject({ verified: true })
    else await expect(strict).rejects.toMatchObject({ name: 'HandshakeError', code: one.because })
  })
})

it('an authority that nobody trusts', async () => {
  const one = { name: '', certificate: 'valid', host: 'mx.example.org' }
  const info = await handshake(one, false, createTlsContext())
  expect(info).toMatchObject({ verified: false, because: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
})
