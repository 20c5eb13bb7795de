import { describe, expect, it } from 'vitest'
import {
  anonymousClient,
  anonymousServer,
  cramMd5Client,
  cramMd5Server,
  createSaslClient,
  createSaslServer,
  externalClient,
  externalServer,
  passwordServers,
  SaslError,
  Secret,
} from '../src/index.ts'
import { clear, converse, must, settle, tls, utf8 } from './rig.ts'

describe('CRAM-MD5', () => {
  const password = new Secret('tanstaaftanstaaf')
  const server = createSaslServer([cramMd5Server('postoffice.reston.mci.net')], { nonce: () => '1896.697170952' })
  const begin = () => must(server.begin('CRAM-MD5', clear))
  const answer = ({ kind, ...need }: { kind: string; authcid?: string }) => {
    if (kind !== 'secret') throw new Error(kind)
    return need.authcid === 'tim' ? password : 'unknown'
  }

  it('goes as in RFC 2195 section 2', () => {
    const client = must(createSaslClient([cramMd5Client({ authcid: 'tim', password })]).begin(['CRAM-MD5'], clear))
    expect(converse(client, begin(), answer)).toEqual({
      server: { kind: 'success', identity: { authcid: 'tim', authzid: 'tim' } },
      client: 'trusts',
      messages: [undefined, '<1896.697170952@postoffice.reston.mci.net>', 'tim b913a602c7eda7a495b4e6e7334d3890'],
    })
  })

  it('takes no initial response', () => {
    expect(begin().start(utf8('tim'))).toEqual({ kind: 'failure', reason: 'unexpected-initial-response' })
  })

  it.each([
    ['upper-case digits', 'tim B913A602C7EDA7A495B4E6E7334D3890', 'refused'],
    ['another digest', 'tim b913a602c7eda7a495b4e6e7334d3891', 'refused'],
    ['unknown user', 'tom b913a602c7eda7a495b4e6e7334d3890', 'refused'],
    ['no digest', 'tim ', 'refused'],
    ['no space', 'tim', 'malformed'],
    ['no name', ' b913a602c7eda7a495b4e6e7334d3890', 'malformed'],
  ])('%s', (_name, response, reason) => {
    const exchange = begin()
    exchange.start()
    expect(settle(exchange, exchange.next(utf8(response)), answer)).toEqual({ kind: 'failure', reason })
  })

  it('is in no set of mechanisms, and does not serve to act as another', () => {
    const all = createSaslServer(passwordServers({ decoySecret: new Secret('sixteen octets or more') }))
    expect(all.offer(tls)).not.toContain('CRAM-MD5')
    const acting = createSaslClient([cramMd5Client({ authcid: 'tim', authzid: 'ursel', password })])
    expect(acting.begin(['CRAM-MD5'], tls)).toBeUndefined()
  })

  it('a host that would break the challenge is refused', () => {
    expect(() => cramMd5Server('a>b')).toThrow(SaslError)
  })
})

describe('EXTERNAL', () => {
  const server = createSaslServer([externalServer()])
  const channel = { encrypted: true, clientIdentity: 'ada' }
  const run = (authzid?: string) => {
    const client = must(createSaslClient([externalClient(authzid)]).begin(['EXTERNAL'], tls))
    const asked: unknown[] = []
    const { server: step } = converse(client, must(server.begin('EXTERNAL', channel)), (need) => {
      asked.push(need)
      return need.kind === 'authorization' && need.authzid === 'postmaster' ? 'accepted' : 'refused'
    })
    return { step, asked }
  }

  it('is offered where a certificate showed somebody', () => {
    expect(server.offer(tls)).toEqual([])
    expect(server.offer({ encrypted: true, clientIdentity: '' })).toEqual([])
    expect(server.offer(channel)).toEqual(['EXTERNAL'])
  })

  it('derives the identity, or asks whether another may be acted as', () => {
    expect(run()).toEqual({ step: { kind: 'success', identity: { authcid: 'ada', authzid: 'ada' } }, asked: [] })
    expect(run('ada').asked).toEqual([])
    expect(run('postmaster').step).toEqual({ kind: 'success', identity: { authcid: 'ada', authzid: 'postmaster' } })
    expect(run('root').step).toEqual({ kind: 'failure', reason: 'not-authorized' })
  })
})

describe('ANONYMOUS', () => {
  const server = createSaslServer([anonymousServer()])
  const start = (trace: string) => {
    const exchange = must(server.begin('ANONYMOUS', clear))
    return settle(exchange, exchange.start(utf8(trace)), (need) =>
      need.kind === 'anonymous' && need.trace !== 'spammer' ? { authcid: 'guest' } : 'refused',
    )
  }

  it('lets in under the name that the caller chose', () => {
    expect(start('sirhc')).toEqual({ kind: 'success', identity: { authcid: 'guest', authzid: 'guest' } })
    expect(start('').kind).toBe('success')
    expect(start('\u{1f511}'.repeat(255)).kind).toBe('success')
    expect(start('spammer')).toEqual({ kind: 'failure', reason: 'refused' })
  })

  it.each(['\u0000', 'a\nb', 'x'.repeat(256), '\ue000', '\u05d0a'])('refuses a trace that is none (%#)', (trace) => {
    expect(start(trace)).toEqual({ kind: 'failure', reason: 'malformed' })
    expect(() => anonymousClient(trace)).toThrow(SaslError)
  })
})
