import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFrameReader, framed } from '../src/node/frame.ts'

it('cuts a stream into the messages it was made of, however it arrives', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 })
  const cuts = fc.array(fc.nat(), { maxLength: 10 })
  fc.assert(
    fc.property(messages, cuts, (sent, places) => {
      const stream = Uint8Array.from(sent.flatMap((message) => [...framed(message)]))
      const ends = [...places.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b)
      const reader = createFrameReader()
      let at = 0
      const read = ends.flatMap((end) => {
        const piece = stream.subarray(at, end)
        at = end
        return reader.feed(piece)
      })
      expect(read.map((message) => [...message])).toEqual(sent.map((message) => [...message]))
    }),
  )
})

it('reads a message of 65535 octets, octet by octet', () => {
  const reader = createFrameReader()
  const message = new Uint8Array(65_535).fill(7)
  const read = [...framed(message)].flatMap((octet) => reader.feed(Uint8Array.of(octet)))
  expect(read).toEqual([message])
})
