import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalName } from '../src/index.ts'
import { isWithin, parentOf, readName, wireName } from '../src/name/name.ts'
import { hex, vectors } from './vectors.ts'

interface Vector {
  readonly text: string
  /** Absent: no name. */
  readonly normal?: string
}

/** Any labels as they stand on the wire, the root's behind them. */
const wire = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 127 })
  .map((labels) => Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]))
  .filter((octets) => octets.length <= 255)

describe('normal form', () => {
  it.each(vectors<Vector>('names'))('of $text', ({ text, normal }) => {
    expect(normalName(text)).toBe(normal)
    if (normal !== undefined) expect(normalName(normal)).toBe(normal)
  })

  it('is its own normal form, and folds ASCII letters only', () => {
    fc.assert(
      fc.property(wire, (octets) => {
        const name = readName(octets, 0)?.name as string
        expect(normalName(name)).toBe(name)
        const folded = octets.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet))
        // Length octets reach up to 63, below the letters.
        expect(wireName(name)).toEqual(folded)
      }),
    )
  })

  it('is found or refused for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'B', '.', '\\', '0', '9', '2', ' ', '\u00e9') }), (text) => {
        const normal = normalName(text)
        if (normal !== undefined) expect(normalName(normal)).toBe(normal)
      }),
    )
  })
})

describe('reading a name', () => {
  it('goes on behind the first pointer', () => {
    const octets = hex('016100 0162c000 ff')
    expect(readName(octets, 3)).toEqual({ name: 'b.a', next: 7 })
  })

  it('ends whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (octets, at) => {
        const read = readName(octets, at)
        if (read !== undefined) expect(normalName(read.name)).toBe(read.name)
      }),
      { numRuns: 2000 },
    )
  })

  it.each(['00c0', '0040', '0080', '00c001', '000161', '00'])('gives up on %s', (digits) => {
    expect(readName(hex(digits), 1)).toBeUndefined()
  })

  it('follows 127 pointers, not more', () => {
    // The root, and then pointers that each lead to the one before.
    const chain = Uint8Array.from([
      0,
      ...Array.from({ length: 128 }, (_, at) => [0xc0, at === 0 ? 0 : 2 * at - 1]).flat(),
    ])
    expect(readName(chain, 1 + 126 * 2)?.name).toBe('.')
    expect(readName(chain, 1 + 127 * 2)).toBeUndefined()
  })

  it('follows pointers up to a name of 255 octets', () => {
    // Labels of one octet, each but the first followed by a pointer to the one before.
    const chain = (labels: number): Uint8Array => {
      const octets = [1, 0x61, 0]
      for (let index = 1, last = 0; index < labels; index++) {
        const here = octets.length
        octets.push(1, 0x61, 0xc0 | (last >> 8), last & 0xff)
        last = here
      }
      return Uint8Array.from(octets)
    }
    expect(readName(chain(127), 3 + 125 * 4)?.name).toHaveLength(253)
    expect(readName(chain(128), 3 + 126 * 4)).toBeUndefined()
  })
})

describe('names above', () => {
  it.each([
    ['a.b.c', 'b.c'],
    ['c', '.'],
    ['.', '.'],
    ['a\\.b.c', 'c'],
    ['a\\\\.c', 'c'],
  ])('the parent of %s is %s', (name, parent) => {
    expect(parentOf(name)).toBe(parent)
  })

  it.each([
    ['a.example', 'example', true],
    ['example', 'example', true],
    ['example', '.', true],
    ['.', '.', true],
    ['.', 'example', false],
    ['badexample', 'example', false],
    ['a\\.example', 'example', false],
    ['example', 'a.example', false],
  ])('%s is within %s: %s', (name, zone, within) => {
    expect(isWithin(name, zone)).toBe(within)
  })
})
