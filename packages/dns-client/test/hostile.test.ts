import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { framed } from '../src/node/frame.ts'
import { against, asked, changed, cut, found, good, wrong } from './hostile.ts'
import { failed, reply } from './rig.ts'

describe('datagrams of a hostile server', () => {
  it('that answer nothing we asked are ignored until the answer comes', async () => {
    const { ask } = await against({
      udp: (query) => [
        changed(wrong(query), 0, 1),
        changed(wrong(query), 1, 1),
        changed(wrong(query), 2, 0x80),
        reply(query, { questions: [{ name: 'b.example', type: 1, class: 1 }] }),
        changed(wrong(query), 24, 0xff),
        new Uint8Array(),
        new Uint8Array(11),
        query,
        good(query),
        wrong(query),
      ],
    })
    expect(await ask()).toMatchObject(found)
  })

  it('that come from another port never arrive', async () => {
    const forger = createSocket('udp4')
    forger.bind(0, '127.0.0.1')
    await once(forger, 'listening')
    onTestFinished(() => void forger.close())
    const events: string[] = []
    const { ask } = await against(
      {
        udp: (query, _again, port) => {
          forger.send(wrong(query), port, '127.0.0.1')
          return [good(query)]
        },
      },
      { observe: (event) => void events.push(event.kind) },
    )
    expect(await ask()).toMatchObject(found)
    expect(events).toEqual(['asked'])
  })

  it('send us to TCP when they are many', async () => {
    const { ask } = await against({
      udp: (query) => Array.from({ length: 51 }, () => changed(wrong(query), 0, 1)),
      tcp: (socket) => asked(socket, (query) => socket.write(framed(good(query)))),
    })
    expect(await ask()).toMatchObject(found)
  })

  it('send us to TCP when they cannot be read', async () => {
    const { ask } = await against({
      udp: (query) => [Uint8Array.of(...good(query), 0)],
      tcp: (socket) => asked(socket, (query) => socket.write(framed(good(query)))),
    })
    expect(await ask()).toMatchObject(found)
  })

  it('have to come to a new port each time', async () => {
    const { ask, hostile } = await against({ udp: (query) => [good(query)] }, { keep: { most: 0 } })
    for (let turn = 0; turn < 8; turn++) expect(await ask()).toMatchObject(found)
    expect(hostile.ports.size).toBeGreaterThan(4)
  })

  it('may hold anything', async () => {
    let octets = new Uint8Array()
    const { ask } = await against(
      {
        // The id and the question are right, what is behind them is not.
        udp: (query) => [Uint8Array.of(...changed(query, 2, 0x80), ...octets)],
        tcp: (socket) =>
          asked(socket, (query) => socket.write(framed(Uint8Array.of(...changed(query, 2, 0x80), ...octets)))),
      },
      { keep: { failure: 0, most: 0, mostNegative: 0 } },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 80 }), async (any) => {
        octets = new Uint8Array(any)
        expect(await ask()).toEqual(failed('malformed'))
      }),
      { numRuns: 50 },
    )
  })

  it('may be as long as datagrams can be', async () => {
    const { ask } = await against({ udp: (query) => [Uint8Array.of(...good(query), ...new Uint8Array(60_000))] })
    // Malformed by UDP, and nobody listens on TCP.
    expect(await ask()).toEqual(failed('timeout'))
  })
})

describe('a connection of a hostile server', () => {
  it.each<[string, (socket: Socket) => void, object]>([
    ['is refused at once', (socket) => socket.destroy(), failed('timeout')],
    ['ends without an answer', (socket) => asked(socket, () => socket.end()), failed('timeout')],
    [
      'ends in the middle of an answer',
      (socket) => asked(socket, (query) => socket.end(framed(good(query)).subarray(0, -1))),
      failed('timeout'),
    ],
    [
      'announces more than it sends',
      (socket) => asked(socket, (query) => socket.end(Uint8Array.of(0xff, 0xff, ...good(query)))),
      failed('timeout'),
    ],
    [
      'brings an empty message',
      (socket) => asked(socket, () => socket.write(Uint8Array.of(0, 0))),
      failed('malformed'),
    ],
    [
      'brings the answer to another query',
      (socket) => asked(socket, (query) => socket.write(framed(changed(wrong(query), 0, 1)))),
      failed('malformed'),
    ],
    [
      'brings what cannot be read',
      (socket) => asked(socket, (query) => socket.write(framed(Uint8Array.of(...good(query), 0)))),
      failed('malformed'),
    ],
    [
      'brings what did not fit again',
      (socket) => asked(socket, (query) => socket.write(framed(cut(query)))),
      failed('malformed'),
    ],
    [
      'brings 65535 octets of nothing',
      (socket) =>
        asked(socket, (query) =>
          socket.write(framed(Uint8Array.of(...good(query), ...new Uint8Array(65_535 - good(query).length)))),
        ),
      failed('malformed'),
    ],
    [
      'brings the answer octet by octet, and more behind it',
      (socket) =>
        asked(socket, async (query) => {
          socket.setNoDelay(true)
          for (const octet of Uint8Array.of(...framed(good(query)), ...framed(wrong(query)))) {
            socket.write(Uint8Array.of(octet))
            await new Promise(setImmediate)
          }
        }),
      found,
    ],
  ])('%s', async (_name, tcp, answer) => {
    const { ask } = await against({ udp: (query) => [cut(query)], tcp })
    expect(await ask()).toMatchObject(answer)
  })

  it('that is never made is over as soon as it is refused', async () => {
    const { ask } = await against({ udp: (query) => [cut(query)] })
    expect(await ask()).toEqual(failed('timeout'))
  })

  it('that is left hanging is over when the time is up', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    const { ask } = await against(
      {
        udp: (query) => [cut(query)],
        tcp: (socket) => {
          closed = once(socket, 'close')
          socket.resume()
        },
      },
      { tryTimeout: 100 },
    )
    expect(await ask()).toEqual(failed('timeout'))
    await closed
  })
})
