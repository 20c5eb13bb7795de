import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { play } from '../src/compliance/play.ts'
import type { MechanismSetup } from '../src/compliance.ts'
import { setups } from './setups.ts'

/** Changes to one message: an octet replaced, taken out, put in, or doubled text. */
const mutation = fc.record({
  index: fc.nat({ max: 2 }),
  place: fc.nat(),
  octet: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x2c, 0x3d, 0x20)),
  how: fc.constantFrom('replace', 'remove', 'insert', 'repeat'),
})

function mutate(octets: Uint8Array, { place, octet, how }: { place: number; octet: number; how: string }): Uint8Array {
  const list = [...octets]
  const at = list.length === 0 ? 0 : place % list.length
  if (how === 'replace' && list.length > 0) list[at] = octet
  else if (how === 'remove') list.splice(at, 1)
  else if (how === 'repeat') list.splice(at, 0, ...list.slice(at))
  else list.splice(at, 0, octet)
  return Uint8Array.from(list)
}

const sameOctets = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
const proves = (setup: MechanismSetup) => /^(SCRAM|CRAM)/.test(setup.server.name)

describe.each(setups.map((setup) => ({ name: setup.server.name, setup })))('$name', ({ name, setup }) => {
  it('changed messages of the client throw nothing and let nobody else in', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        let changed = false
        const { server } = play(setup, {
          toServer(message, index) {
            if (index !== change.index) return message
            const other = mutate(message, change)
            changed = !sameOctets(other, message)
            return other
          },
        })
        if (server.kind === 'success') expect(server.identity).toEqual(setup.identity)
        if (changed && proves(setup)) expect(server.kind).toBe('failure')
      }),
      { numRuns: 300 },
    )
  })

  it('changed challenges throw nothing, and SCRAM trusts no server then', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        let changed = false
        const { client } = play(setup, {
          toClient(challenge, index) {
            if (index !== change.index) return challenge
            const other = mutate(challenge, change)
            changed = !sameOctets(other, challenge)
            return other
          },
        })
        if (changed && name.startsWith('SCRAM')) expect(client).toBeDefined()
      }),
      { numRuns: 300 },
    )
  })

  it('octets of any kind throw nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (messages) => {
        const { server } = play(setup, { toServer: (message, index) => messages[index] ?? message })
        if (server.kind === 'success') expect(server.identity).toEqual(setup.identity)
      }),
      { numRuns: 300 },
    )
  })
})
