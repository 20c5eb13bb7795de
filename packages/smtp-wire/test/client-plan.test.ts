import { describe, expect, it } from 'vitest'
import type { Mailbox } from '../src/address/mailbox.ts'
import type { OutgoingTransaction } from '../src/client/contract.ts'
import type { ClientEvent } from '../src/client/events.ts'
import { ClientSession, type ClientSessionOptions } from '../src/client/session.ts'
import { WireError } from '../src/error.ts'
import { defineExtension } from '../src/extension/define.ts'
import type { AnyExtension, ParameterCodec, Plan, ServerFacts, TransactionWish } from '../src/extension/types.ts'
import { reply } from '../src/reply/reply.ts'
import { mailbox, pipelining, recipients, sender } from './client-fixture.ts'

const size = defineExtension({
  name: 'size',
  rfc: 1870,
  keyword: 'SIZE',
  mail: { SIZE: { maxOctets: 26, parse: (value?: string) => value, format: (value: string) => value } },
  client: {
    plan({ size }, offer): Plan<{ SIZE: ParameterCodec<string> }> {
      if (offer === undefined || size === undefined) return { kind: 'send' }
      if (size > Number(offer[0])) return { kind: 'veto', reply: reply(552, '3.4', 'Too big for the next host') }
      return { kind: 'send', mail: { SIZE: String(size) } }
    },
  },
})

describe('what extensions add', () => {
  it('goes to MAIL and RCPT, decided by what came with the message; what is not offered or nobody’s is left out', () => {
    const asked: [TransactionWish, readonly string[] | undefined, ServerFacts][] = []
    const word = { maxOctets: 20, parse: (value?: string) => value, format: (value: string) => value }
    const notify = defineExtension({
      name: 'dsn',
      rfc: 3461,
      keyword: 'DSN',
      mail: { RET: word },
      rcpt: { NOTIFY: word },
      client: {
        plan(wish, offer, server) {
          asked.push([wish, offer, server])
          const [one] = wish.recipients
          return {
            kind: 'send',
            mail: { RET: 'HDRS' },
            rcpt: [{ kind: 'send', parameters: { NOTIFY: `NEVER,${one?.parameters.NOTIFY}` } }],
          }
        },
      },
    })
    const body = defineExtension({ name: 'body', rfc: 1, keyword: 'BODY', mail: { BODY: word } })
    const silent = defineExtension({ name: 'by', rfc: 1, keyword: 'BY', mail: { BY: word } })
    const session = ready(
      [body, silent, size, notify, pipelining],
      ['SIZE 5000', 'DSN', 'PIPELINING', 'BODY', 'OF-NOBODY'],
    )
    const [one, two] = recipients(2)
    session.send({
      reversePath: sender,
      parameters: [
        ['BODY', '8BITMIME'],
        ['RET', 'FULL'],
        ['BY', '1'],
        ['X', 'of nobody'],
      ],
      recipients: [
        { ...one, forwardPath: one?.forwardPath ?? sender, parameters: [['NOTIFY', 'DELAY']] },
        ...(two ? [two] : []),
      ],
      size: 4000,
      body: '8bit',
    })
    expect(sent(session)).toEqual([
      'MAIL FROM:<a@client.test> BODY=8BITMIME SIZE=4000 RET=HDRS',
      'RCPT TO:<r0@mx.test> NOTIFY=NEVER,DELAY',
      'RCPT TO:<r1@mx.test>',
      'DATA',
    ])
    expect(asked).toEqual([
      [
        {
          reversePath: sender,
          parameters: { RET: 'FULL' },
          recipients: [
            { forwardPath: mailbox('r0@mx.test'), parameters: { NOTIFY: 'DELAY' } },
            { forwardPath: mailbox('r1@mx.test'), parameters: {} },
          ],
          size: 4000,
          body: '8bit',
          utf8Header: undefined,
        },
        [],
        {
          tls: false,
          lmtp: false,
          authenticated: false,
          offers: new Map([
            ['SIZE', ['5000']],
            ['DSN', []],
            ['PIPELINING', []],
            ['BODY', []],
          ]),
        },
      ],
    ])
  })

  it('is nothing where the server offers nothing', () => {
    const session = ready([size], [])
    session.send({ reversePath: { kind: 'null' }, recipients: [{ forwardPath: { kind: 'postmaster' } }], size: 4000 })
    expect(sent(session)).toEqual(['MAIL FROM:<>'])
  })

  it('can be a veto: nothing is sent, and the session goes on', () => {
    const session = ready([size], ['SIZE 1000'])
    session.send({ reversePath: sender, recipients: recipients(2), size: 4000 })
    const vetoed = {
      kind: 'vetoed',
      by: 'size',
      reply: { code: 552, status: '5.3.4', text: ['Too big for the next host'] },
    }
    expect(events(session)).toEqual([{ kind: 'finished', recipients: [vetoed, vetoed] }])
    expect(session.takeOutput()).toBeUndefined()
    session.send({ reversePath: sender, recipients: recipients(1), size: 400 })
    expect(sent(session)).toEqual(['MAIL FROM:<a@client.test> SIZE=400'])
  })
})

describe('a recipient', () => {
  const picky = defineExtension({
    name: 'picky',
    rfc: 1,
    keyword: 'PICKY',
    rcpt: { ONLY: { maxOctets: 20, parse: (value?: string) => value, format: (value: string) => value } },
    client: {
      plan: ({ recipients: wanted }) => ({
        kind: 'send',
        rcpt: wanted.map(({ parameters }) =>
          parameters.ONLY === 'HERE'
            ? { kind: 'veto', reply: reply(550, '7.1', 'Only there') }
            : { kind: 'send', parameters },
        ),
      }),
    },
  })
  const [one, two] = recipients(2).map((recipient) => recipient.forwardPath) as [Mailbox, Mailbox]
  const vetoed = { kind: 'vetoed', by: 'picky', reply: { code: 550, status: '5.7.1', text: ['Only there'] } }

  it('can be vetoed alone: no RCPT is said for it', () => {
    const session = ready([picky, pipelining], ['PIPELINING'])
    session.send({
      reversePath: sender,
      recipients: [{ forwardPath: one, parameters: [['ONLY', 'HERE']] }, { forwardPath: two }],
    })
    expect(sent(session)).toEqual(['MAIL FROM:<a@client.test>', 'RCPT TO:<r1@mx.test>', 'DATA'])
    feed(session, '250 ok\r\n550 no\r\n503 no\r\n')
    const refused = { kind: 'refused', phase: 'rcpt', reply: { code: 550, text: ['no'] } }
    expect(events(session)).toEqual([{ kind: 'finished', recipients: [vetoed, refused] }])
  })

  it('is all there was: nothing is sent, and the session goes on', () => {
    const session = ready([picky], [])
    session.send({ reversePath: sender, recipients: [{ forwardPath: one, parameters: [['ONLY', 'HERE']] }] })
    expect(sent(session)).toEqual([])
    expect(events(session)).toEqual([{ kind: 'finished', recipients: [vetoed] }])
    expect(session.idle).toBe(true)
  })

  it('whose parameter nobody can read any more is not sent to', () => {
    const session = ready([{ ...picky, rcpt: { ONLY: { ...picky.rcpt.ONLY, parse: () => undefined } } }], [])
    session.send({ reversePath: sender, recipients: [{ forwardPath: one, parameters: [['ONLY', '?']] }] })
    expect(events(session)).toMatchObject([{ recipients: [{ kind: 'vetoed', reply: { code: 554 } }] }])
  })
})

const free = defineExtension({
  name: 'free',
  rfc: 1,
  keyword: 'FREE',
  mail: { FREE: { maxOctets: 26, parse: (value?: string) => value, format: (value: string) => value } },
})

describe('what must not go on the wire is refused before anything is sent', () => {
  const refused: readonly [string, Partial<OutgoingTransaction>][] = [
    ['a parameter with a blank', { parameters: [['FREE', '8BITMIME SIZE=1']] }],
    ['a parameter with a line end', { parameters: [['FREE', '8BIT\r\nRCPT TO:<x@y.test>']] }],
    ['a parameter longer than its extension allows', { parameters: [['FREE', '9'.repeat(40)]] }],
    ['a line longer than 512 octets', { recipients: [{ forwardPath: { ...sender, localPart: 'y'.repeat(510) } }] }],
    ['a recipient with a line end', { recipients: [{ forwardPath: { ...sender, localPart: 'a\r\nDATA' } }] }],
    ['a sender with a NUL', { reversePath: { ...sender, localPart: 'a\0b' } }],
  ]
  for (const [name, part] of refused)
    it(name, () => {
      const session = ready([free], ['FREE'])
      expect(caught(() => session.send({ reversePath: sender, recipients: recipients(1), ...part }))).toBe(
        'UNSAFE_TEXT',
      )
      expect(session.takeOutput()).toBeUndefined()
      expect(session.idle).toBe(true)
    })

  it('a host name that is none', () => {
    expect(caught(() => open({ hostname: 'client.test\r\nMAIL' }))).toBe('UNSAFE_TEXT')
  })

  it('an extension’s parameter may make the line longer than 512 octets', () => {
    const long = defineExtension({
      name: 'long',
      rfc: 3461,
      keyword: 'LONG',
      rcpt: { ORCPT: { maxOctets: 500, parse: (value?: string) => value, format: (value: string) => value } },
    })
    const session = ready([long, pipelining], ['LONG', 'PIPELINING'])
    const orcpt = `rfc822;${'x'.repeat(480)}`
    session.send({ reversePath: sender, recipients: [{ forwardPath: sender, parameters: [['ORCPT', orcpt]] }] })
    expect(sent(session)[1]).toBe(`RCPT TO:<a@client.test> ORCPT=${orcpt}`)
  })
})

describe('the caller’s faults', () => {
  it('throw SESSION_MISUSE and change nothing', () => {
    const session = open({})
    const transaction = { reversePath: sender, recipients: recipients(1) }
    for (const early of [
      () => session.send(transaction),
      () => session.quit(),
      () => session.reset(),
      () => session.command('NOOP', ''),
      () => session.startTls(),
      () => session.tlsStarted(),
      () => session.content(new Uint8Array(1)),
      () => session.endContent(),
    ])
      expect(caught(early)).toBe('SESSION_MISUSE')
    const later = ready([], [])
    expect(caught(() => later.send({ reversePath: sender, recipients: [] }))).toBe('SESSION_MISUSE')
    expect(caught(() => later.startTls())).toBe('SESSION_MISUSE')
    later.send(transaction)
    expect(caught(() => later.send(transaction))).toBe('SESSION_MISUSE')
    expect(caught(() => later.quit())).toBe('SESSION_MISUSE')
    expect(sent(later)).toEqual(['MAIL FROM:<a@client.test>'])
  })

  it('a CR or LF alone in content throws BARE_LINE_END; giving up leaves the recipient lost', () => {
    for (const content of ['a\nb\r\n', 'a\rb\r\n', 'end\r']) {
      const session = ready([pipelining], ['PIPELINING'])
      session.send({ reversePath: sender, recipients: recipients(1) })
      sent(session)
      feed(session, '250 ok\r\n250 ok\r\n354 go\r\n')
      expect(events(session)).toEqual([{ kind: 'content' }])
      const code = caught(() => {
        session.content(Buffer.from(content))
        session.endContent()
      })
      expect(code).toBe('BARE_LINE_END')
      session.giveUp()
      expect(events(session)[0]).toEqual({
        kind: 'finished',
        recipients: [{ kind: 'lost', loss: 'given-up', phase: 'content' }],
      })
      expect(session.mode).toBe('closed')
      expect(session.takeOutput()).toBeUndefined()
    }
  })
})

describe('other commands', () => {
  it('give their reply; a 334 waits for a line', () => {
    const session = ready([], [])
    session.command('AUTH', 'LOGIN')
    expect(sent(session)).toEqual(['AUTH LOGIN'])
    feed(session, '334 VXNlcm5hbWU6\r\n')
    expect(events(session)).toEqual([{ kind: 'reply', phase: 'verb', reply: { code: 334, text: ['VXNlcm5hbWU6'] } }])
    expect(session.idle).toBe(false)
    expect(caught(() => session.quit())).toBe('SESSION_MISUSE')
    for (const line of ['a\r\nQUIT', 'é', 'x'.repeat(12_287)])
      expect(caught(() => session.respond(line))).toBe('UNSAFE_TEXT')
    session.respond('YWRh')
    expect(sent(session)).toEqual(['YWRh'])
    feed(session, '535 5.7.8 no\r\n')
    expect(events(session)).toMatchObject([{ kind: 'reply', phase: 'verb', reply: { code: 535 } }])
    expect(session.idle).toBe(true)
    expect(caught(() => session.respond('*'))).toBe('SESSION_MISUSE')
  })

  it('may not break their line', () => {
    const session = ready([], [])
    expect(caught(() => session.command('VRFY', 'a\r\nRSET'))).toBe('UNSAFE_TEXT')
    expect(session.idle).toBe(true)
  })
})

function open(options: Partial<ClientSessionOptions>): ClientSession {
  return new ClientSession({ hostname: 'client.test', extensions: [], now: () => 0, ...options })
}

/** A session past its hello. */
function ready(extensions: readonly AnyExtension[], offers: readonly string[]): ClientSession {
  const session = open({ extensions })
  feed(session, '220 mx.test\r\n')
  events(session)
  expect(sent(session)).toEqual(['EHLO client.test'])
  const lines = ['mx.test', ...offers]
  feed(session, lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join(''))
  expect(events(session).map(({ kind }) => kind)).toEqual(['ready'])
  return session
}

const feed = (session: ClientSession, text: string): void => session.receive(Buffer.from(text))

function events(session: ClientSession): readonly ClientEvent[] {
  const told: ClientEvent[] = []
  for (let event = session.poll(); event !== undefined; event = session.poll()) told.push(event)
  return told
}

function sent(session: ClientSession): readonly string[] {
  const octets = session.takeOutput()
  return octets === undefined ? [] : Buffer.from(octets).toString().split('\r\n').slice(0, -1)
}

function caught(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof WireError) return error.code
    throw error
  }
  return 'nothing'
}
