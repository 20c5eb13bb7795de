import { describe, expect, it } from 'vitest'
import { UsageError } from '../src/command/console.ts'
import { parseQueueArguments } from '../src/queue/arguments.ts'

const hour = 3_600_000

describe('what comes after queue', () => {
  it.each([
    [['list'], { action: 'list', ids: [], filter: {}, json: false }],
    [['list', '--json', '--config', 'x.yaml'], { json: true, config: 'x.yaml' }],
    [['hold', 'b', 'a', 'b'], { action: 'hold', ids: ['b', 'a'], because: undefined }],
    [['count'], { by: 'destination' }],
    [['count', '--by', 'age'], { by: 'age' }],
    [['reroute', '--all', '--to', 'a.test'], { to: 'a.test' }],
    [['reroute', '--all', '--to', '[192.0.2.1]'], { to: '[192.0.2.1]' }],
    [['check', '--repair'], { repair: true }],
    [['backup', 'dir'], { directory: 'dir', ids: [] }],
    [['remove', 'a', '--notify', '--because', 'spam'], { notify: true, because: 'spam' }],
    [['remove', 'a', '--filter', 'to=b@c.test'], { ids: ['a'], filter: { recipient: 'b@c.test' } }],
  ])('%j is understood', (args, wanted) => {
    expect(parseQueueArguments(args, 0)).toMatchObject(wanted)
  })

  it('has filters, of which all must pass', () => {
    const filters = ['state=deferred', 'destination=a.test', 'from=', 'to=b@a.test', 'sender=ada', 'source=::1']
    const times = ['older=2h', 'newer=1d12h']
    const args = [...filters, ...times].flatMap((one) => ['--filter', one])
    expect(parseQueueArguments(['list', ...args], 100 * hour).filter).toEqual({
      state: 'deferred',
      destination: 'a.test',
      reversePath: '',
      recipient: 'b@a.test',
      sender: 'ada',
      source: '::1',
      acceptedBefore: 98 * hour,
      acceptedAfter: 64 * hour,
    })
  })

  it.each([
    [
      [],
      'what? list, count, show, explain, stats, destinations, retry, hold, release, remove, reroute, check or backup',
    ],
    [['fly'], 'no fly; list, count,'],
    [['toString'], 'no toString; list'],
    [['list', 'an-id'], 'queue list takes no id; queue show does'],
    [['show'], 'queue show needs the id of one message'],
    [['explain', 'a', 'b'], 'queue explain needs the id of one message'],
    [['list', '--all'], 'queue list knows no --all'],
    [['retry', 'a', '--early'], 'queue retry knows no --early'],
    [['show', 'a', '--filter', 'state=held'], 'queue show knows no --filter'],
    [['hold'], 'queue hold needs ids of messages, --filter, or both; or else --all'],
    [['hold', 'a', '--all'], 'or else --all'],
    [['hold', '--all', '--filter', 'state=queued'], 'or else --all'],
    [['remove', 'a', '--because', 'spam'], 'queue remove tells nobody why without --notify'],
    [['backup'], 'queue backup needs one folder'],
    [['check', 'a'], 'queue check takes no id'],
    [['reroute', 'a'], 'queue reroute needs --to'],
    [['reroute', 'a', '--to', 'a b'], '--to a b: expected a domain such as example.com'],
    [['count', '--by', 'colour'], '--by colour: expected destination, state, sender, source, age'],
    [
      ['list', '--filter', 'red'],
      '--filter red: expected state=, destination=, from=, to=, sender=, source=, older=, newer=',
    ],
    [['list', '--filter', 'state=gone'], '--filter state=gone: expected queued, leased, deferred, held'],
    [['list', '--filter', 'older=yesterday'], '--filter older=yesterday: expected a time such as 2h or 3d'],
    [['list', '--filter', 'to=a@b.test', '--filter', 'to=c@d.test'], '--filter to=c@d.test: to= is given twice'],
  ])('%j is refused, with a reason', (args, reason) => {
    expect(() => parseQueueArguments(args, 0)).toThrow(UsageError)
    expect(() => parseQueueArguments(args, 0)).toThrow(reason)
  })
})
