import { describe, expect, it } from 'vitest'
import { DnsError, parseServer } from '../src/index.ts'
import { parseResolvConf, systemServers } from '../src/node.ts'
import { createServers } from '../src/resolver/servers.ts'
import { manualClock } from './rig.ts'

describe('servers', () => {
  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['127.0.0.53', true],
    // Docker's forwarder passes on what others say.
    ['127.0.0.11', false],
    ['192.0.2.1', false],
  ])('%s is trusted by default: %s', (address, trusted) => {
    expect(createServers([{ address }], manualClock()).known).toEqual([{ address, port: 53, trusted }])
  })

  it('are only the trusted ones, if there are any', () => {
    const given = [
      { address: '192.0.2.1' },
      { address: '192.0.2.2', trusted: true },
      { address: '127.0.0.1', trusted: false },
    ]
    expect(createServers(given, manualClock()).known.map(({ address }) => address)).toEqual(['192.0.2.2'])
  })

  it('rest behind the others for a while after they kept silent', async () => {
    const clock = manualClock()
    const servers = createServers([{ address: '192.0.2.1' }, { address: '192.0.2.2' }], clock)
    const order = () =>
      servers
        .ordered()
        .map(({ address }) => address.at(-1))
        .join('')
    const [first, second] = servers.known
    if (first === undefined || second === undefined) throw new Error('two were given')
    expect(order()).toBe('12')
    servers.note(first, false)
    expect(order()).toBe('21')
    servers.note(second, false)
    expect(order()).toBe('12')
    servers.note(second, true)
    expect(order()).toBe('21')
    await clock.advance(30_000)
    expect(order()).toBe('12')
  })

  it.each([
    [[]],
    [[{ address: 'localhost' }]],
    [[{ address: '127.0.0.1', port: 0 }]],
    [[{ address: '127.0.0.1', port: 65_536 }]],
    [[{ address: '127.0.0.1%lo' }]],
  ])('must be usable: %j', (given) => {
    const error = (() => {
      try {
        createServers(given, manualClock())
      } catch (thrown) {
        return thrown
      }
    })()
    expect(DnsError.is(error, 'DNS_OPTION') && error.detail.option).toBe('servers')
  })
})

describe('a server as text', () => {
  it.each([
    ['192.0.2.1', { address: '192.0.2.1' }],
    ['192.0.2.1:5353', { address: '192.0.2.1', port: 5353 }],
    ['2001:db8::1', { address: '2001:db8::1' }],
    ['[2001:db8::1]:5353', { address: '2001:db8::1', port: 5353 }],
    ['fe80::1%eth0', { address: 'fe80::1%eth0' }],
    ['[fe80::1%eth0]:53', { address: 'fe80::1%eth0', port: 53 }],
    ['', undefined],
    ['localhost', undefined],
    ['localhost:53', undefined],
    ['192.0.2.1:', undefined],
    ['192.0.2.1:0', undefined],
    ['192.0.2.1:65536', undefined],
    ['192.0.2.1:5x', undefined],
    ['[2001:db8::1]', undefined],
    ['fe80::1%', undefined],
  ])('%s', (text, server) => {
    expect(parseServer(text)).toEqual(server)
  })
})

describe('resolv.conf', () => {
  it.each([
    ['', [{ address: '127.0.0.1' }]],
    ['nameserver 192.0.2.1\n', [{ address: '192.0.2.1' }]],
    [
      '# nameserver 192.0.2.9\r\n;x\nsearch example\n  nameserver\t192.0.2.1  # first\r\nnameserver fe80::1%eth0\nnameserver x\n',
      [{ address: '192.0.2.1' }, { address: 'fe80::1%eth0' }],
    ],
    [
      'nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4',
      [{ address: '192.0.2.1' }, { address: '192.0.2.2' }, { address: '192.0.2.3' }],
    ],
    ['options ndots:1 trust-ad\nnameserver 192.0.2.1', [{ address: '192.0.2.1', trusted: true }]],
    ['options trust-ad', [{ address: '127.0.0.1', trusted: true }]],
  ])('%j', (text, servers) => {
    expect(parseResolvConf(text)).toEqual(servers)
  })

  it('of this machine names a server', async () => {
    expect((await systemServers()).length).toBeGreaterThan(0)
  })
})
