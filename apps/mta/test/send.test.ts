import { describe, expect, it } from 'vitest'
import { networkLines } from '../src/command/send.ts'

describe('what `send` reads', () => {
  it.each([
    ['a\nb', 'a\r\nb\r\n'],
    ['a\r\nb\r\n', 'a\r\nb\r\n'],
    ['a\rb\n\n', 'a\r\nb\r\n\r\n'],
    ['\r\r\n', '\r\n\r\n'],
    ['', ''],
  ])('%j becomes %j', (given, sent) => {
    expect(new TextDecoder().decode(networkLines(new TextEncoder().encode(given)))).toBe(sent)
  })
})
