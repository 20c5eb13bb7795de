import type { Lease } from '@angarium/queue'
import { defineExtension } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { createReception, ReceptionError } from '../src/index.ts'
import { createFaultyStore, diskFailed } from './faulty-store.ts'
import { createRig, extensions, policy, stranger } from './rig.ts'

describe('a session', () => {
  it('greets by its protocol', async () => {
    const smtp = await (await createRig()).connect()
    expect(await smtp.replies()).toEqual(['220 mx.local.test ESMTP'])
    const lmtp = await (await createRig({ protocol: 'lmtp' })).connect()
    expect(await lmtp.replies()).toEqual(['220 mx.local.test LMTP'])
  })

  it('takes HELO and EHLO, neither confirms nor denies mailboxes, expands nothing', async () => {
    const client = await (await createRig()).connect()
    await client.replies()
    expect(await client.say('HELO client.test')).toBe('250 mx.local.test')
    expect(await client.say('EHLO client.test')).toBe(
      '250-mx.local.test\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS',
    )
    const answers = [await client.say('VRFY alice'), await client.say('VRFY nobody@local.test')]
    expect(answers[0]).toMatch(/^252 2\.5\.0 /)
    expect(answers[1]).toBe(answers[0])
    expect(await client.say('EXPN list')).toMatch(/^502 5\.5\.1 /)
    expect(await client.say('QUIT')).toMatch(/^221 /)
  })

  it('does not answer for verbs it does not know', async () => {
    const asking = defineExtension({
      name: 'asking',
      rfc: 4954,
      keyword: 'AUTH',
      verbs: { AUTH: { phases: ['ready'], barrier: true, run: () => ({ kind: 'ask' }) } },
    })
    const client = await (await createRig({ extensions: [asking] })).open()
    expect(await client.say('AUTH PLAIN =')).toMatch(/^502 /)
  })

  it('keeps the envelope as it came, parameters and all', async () => {
    const text = defineExtension({
      name: 'text',
      rfc: 3461,
      keyword: 'DSN',
      mail: { ENVID: { maxOctets: 100, parse: (value?: string) => value?.length, format: () => 'x' } },
      rcpt: { NOTIFY: { maxOctets: 30, parse: (value?: string) => value, format: (value: string) => value } },
    })
    const rig = await createRig({ extensions: [...extensions, text] })
    const client = await rig.open()
    const rcpt = ['<alice@local.test> notify=NEVER', '<bob@local.test>', '<alice@local.test>']
    expect(await client.send('x\r\n', rcpt, '<"a b"@Sender.test> ENVID=QQ+31')).toMatch(/^250 /)
    expect((await rig.entries())[0]).toMatchObject({
      reversePath: '"a b"@Sender.test',
      parameters: [['ENVID', 'QQ+31']],
      recipients: [
        { address: 'alice@local.test', parameters: [['NOTIFY', 'NEVER']] },
        { address: 'bob@local.test', parameters: [] },
        { address: 'alice@local.test', parameters: [] },
      ],
    })
  })

  it('begins each transaction afresh', async () => {
    const rig = await createRig()
    const client = await rig.open()
    await client.say('MAIL FROM:<one@sender.test>')
    await client.say('RCPT TO:<bob@local.test>')
    expect(await client.say('RSET')).toMatch(/^250 /)
    expect(await client.send('x\r\n', ['<alice@local.test>'], '<>')).toMatch(/^250 /)
    expect(await rig.entries()).toMatchObject([{ reversePath: '', recipients: [{ address: 'alice@local.test' }] }])
  })

  it('forgets its hello once TLS is up, and says so in the Received field', async () => {
    const rig = await createRig()
    const client = await rig.open()
    expect(await client.say('STARTTLS')).toMatch(/^220 /)
    await client.transport.startTls({ role: 'client', serverName: 'mx.local.test' })
    expect(await client.say('MAIL FROM:<>')).toMatch(/^503 /)
    expect(rig.log).toMatchObject([{ event: 'fault', fields: { fault: 'bad-sequence', hello: undefined } }])
    await client.say('EHLO second.test')
    expect(await client.send('x\r\n')).toMatch(/^250 /)
    const [entry] = await rig.entries()
    expect((await rig.content(entry?.id ?? '')).replace(/\r\n[ \t]+/g, ' ')).toContain(
      'from second.test ([198.51.100.9]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384) by mx.local.test with ESMTPS id ',
    )
    expect(rig.log.at(-1)).toMatchObject({ event: 'accepted', fields: { tls: { protocol: 'TLSv1.3' } } })
  })

  it("out of turn is the driver's fault", async () => {
    const { reception } = await createRig()
    const handler = reception.session({
      peer: { address: stranger, port: 1, localAddress: '192.0.2.1', localPort: 25 },
      tls: undefined,
    })
    const transaction = { reversePath: { kind: 'null' }, parameters: {}, raw: [], recipients: [] } as const
    const misuse = { name: 'ReceptionError', code: 'RECEPTION_MISUSE' }
    await expect(handler.dataEnd({ kind: 'data-end', transaction, octets: 0 })).rejects.toMatchObject(misuse)
    expect(() => handler.dataStart({ kind: 'data-start', transaction })).toThrow(expect.objectContaining(misuse))
  })
})

describe('LMTP', () => {
  it('answers once for each recipient, and says so in the Received field', async () => {
    const rig = await createRig({ protocol: 'lmtp' })
    const client = await rig.open()
    const rcpt = ['<alice@local.test>', '<nobody@local.test>', '<bob@local.test>']
    const first = await client.send('x\r\n', rcpt)
    const [second] = await client.replies()
    expect(first).toMatch(/^250 2\.0\.0 Queued as /)
    expect(second).toBe(first)
    const entries = await rig.entries()
    expect(entries).toMatchObject([{ recipients: [{ address: 'alice@local.test' }, { address: 'bob@local.test' }] }])
    expect(await rig.content(entries[0]?.id ?? '')).toContain('LMTP')
    expect(rig.reception.snapshot().accepted).toMatchObject({ messages: 1, recipients: 2 })
  })

  it('refuses once for each recipient', async () => {
    const rig = await createRig({ protocol: 'lmtp', limits: { received: 1 } })
    const client = await rig.open()
    expect(await client.send('Received: x\r\n\r\n', ['<alice@local.test>', '<bob@local.test>'])).toMatch(
      /^554 5\.4\.6 /,
    )
    expect((await client.replies())[0]).toMatch(/^554 5\.4\.6 /)
    expect(await client.say('NOOP')).toMatch(/^250 /)
    expect(await rig.entries()).toEqual([])
  })
})

describe('overload', () => {
  it('more sessions than the limit are told to come again', async () => {
    const rig = await createRig({ limits: { sessions: 2 } })
    const first = await rig.open()
    await rig.open()
    const third = await rig.connect()
    expect(await third.replies(2)).toEqual([expect.stringMatching(/^421 /)])
    await first.say('QUIT')
    await first.replies()
    const fourth = await rig.connect()
    expect(await fourth.replies()).toEqual(['220 mx.local.test ESMTP'])
    expect(rig.reception.snapshot()).toMatchObject({ sessions: 2, refused: { connect: 1 } })
  })

  it('a paused reception takes no new mail, and ends what is under way', async () => {
    const rig = await createRig()
    const client = await rig.open()
    await client.say('MAIL FROM:<>')
    rig.reception.pause('the disk is being looked at')
    expect(rig.reception.snapshot().paused).toBe('the disk is being looked at')
    await client.say('RCPT TO:<alice@local.test>')
    await client.say('DATA')
    expect(await client.say('.')).toMatch(/^250 2\.0\.0 /)
    expect(await client.say('MAIL FROM:<>')).toMatch(/^452 4\.3\.1 /)
    rig.reception.resume()
    expect(await client.say('MAIL FROM:<>')).toMatch(/^250 /)
    expect(rig.reception.snapshot()).toMatchObject({ paused: undefined, refused: { mail: 1 } })
  })
})

describe('intake', () => {
  /** An intake that notes what it was asked and what it got. */
  const noting = (hasRoom: boolean) => {
    const asked: (readonly string[])[] = []
    const begun: (readonly Lease[])[] = []
    const reserve = (destinations: readonly string[]) => {
      asked.push(destinations)
      return hasRoom ? { begin: (leases: readonly Lease[]) => void begun.push(leases) } : undefined
    }
    return { asked, begun, intake: { holder: 'mta', leaseMs: 60_000, reserve } }
  }
  const recipients = ['<alice@local.test>', '<x@any.test>']
  const destinations = ['local:local.test', 'local:any.test']

  it('begins with the leases of the commit', async () => {
    const { asked, begun, intake } = noting(true)
    const rig = await createRig({ intake })
    expect(await (await rig.open()).send('x\r\n', recipients)).toMatch(/^250 /)
    expect(asked).toEqual([destinations])
    expect(begun.map((leases) => leases.map(({ destination }) => destination))).toEqual([destinations])
    expect(await rig.store.due(10)).toMatchObject({ destinations: [] })
  })

  it('without room leaves the work to the store', async () => {
    const { begun, intake } = noting(false)
    const rig = await createRig({ intake })
    expect(await (await rig.open()).send('x\r\n', recipients)).toMatch(/^250 /)
    expect(begun).toEqual([])
    expect((await rig.store.due(10)).destinations.map(({ destination }) => destination)).toEqual(destinations)
  })

  it('has its places back when the store fails', async () => {
    const { begun, intake } = noting(true)
    const { store, faults } = createFaultyStore()
    const rig = await createRig({ intake, store })
    faults.commit = () => Promise.reject(diskFailed())
    expect(await (await rig.open()).send('x\r\n', recipients)).toMatch(/^451 /)
    expect(begun).toEqual([[]])
  })

  it('left out, the work is due in the store', async () => {
    const rig = await createRig()
    await (await rig.open()).send('x\r\n')
    expect((await rig.store.due(10)).destinations).toMatchObject([{ destination: 'local:local.test' }])
  })
})

describe('the ledger', () => {
  it('has every accepted recipient, as the store has', async () => {
    const rig = await createRig()
    const client = await rig.open()
    for (const rcpt of [
      ['<alice@local.test>'],
      ['<alice@local.test>', '<bob@local.test>', '<mallory@local.test>'],
      ['<x@remote.test>'],
    ])
      await client.send('12345\r\n', rcpt)
    await client.say('RSET')
    const { accepted, refused, faults } = rig.reception.snapshot()
    expect(accepted).toEqual({ messages: 2, recipients: 3, octets: 14 })
    expect(refused).toEqual({ connect: 0, hello: 0, mail: 0, rcpt: 2, dataStart: 0, message: 0 })
    // DATA without a recipient.
    expect(faults).toBe(1)
    expect(await rig.store.stats()).toMatchObject({ messages: 2, accepted: 3 })
  })

  it('the log names what was accepted, what was refused, and by whom', async () => {
    const rig = await createRig()
    const client = await rig.open()
    await client.send('12345\r\n', ['<alice@local.test>', '<mallory@local.test>'])
    await client.say('RCPT')
    const who = { peer: stranger, hello: 'client.test' }
    const [entry] = await rig.entries()
    expect(rig.log).toMatchObject([
      {
        event: 'refused',
        fields: {
          ...who,
          at: 'rcpt',
          by: 'recipients',
          reply: { code: 550, status: '5.1.1' },
          reversePath: 's@sender.test',
          recipient: 'mallory@local.test',
        },
      },
      {
        event: 'accepted',
        fields: {
          ...who,
          id: entry?.id,
          reversePath: 's@sender.test',
          recipients: ['alice@local.test'],
          size: 7,
          tls: undefined,
        },
      },
      {
        event: 'fault',
        fields: { ...who, fault: 'argument-syntax', reply: { code: 501 }, reversePath: undefined, id: undefined },
      },
    ])
  })
})

describe('options', () => {
  it("that cannot be used are the caller's fault", async () => {
    const { store, clock } = await createRig()
    const make = (more: object) => () =>
      createReception({ hostname: 'mx.local.test', extensions, store, clock, recipients: policy, ...more })
    for (const more of [
      { hostname: 'mx local' },
      { hostname: '' },
      { limits: { received: 0 } },
      { limits: { sessions: Number.NaN } },
    ])
      expect(make(more)).toThrow(ReceptionError)
    expect(make({})().extensions).toBe(extensions)
  })
})
