import { type ExtensionCase, extensionCases } from '@angarium/smtp-wire/compliance'
import { describe, it } from 'vitest'
import { eightBitMime, eightBitMimeJustSend, enhancedStatusCodes, pipelining, size, startTls } from '../src/index.ts'

const body = {
  values: ['8BITMIME', '7BIT', 'BINARYMIME'],
  malformed: [undefined, '8BIT', 'BINARY', '8BITMIME;'],
} as const

const cases: Readonly<Record<string, readonly ExtensionCase[]>> = {
  size: extensionCases(size, {
    mail: {
      SIZE: {
        values: [1_000, 0, Number.MAX_SAFE_INTEGER],
        malformed: [undefined, '-1', '1e3', '0x10', '10.5', '1'.repeat(21)],
      },
    },
    offers: [['1000'], ['0'], ['99999999999999999999'], ['1000', '2000']],
  }),
  '8bitmime': extensionCases(eightBitMime, { mail: { BODY: body } }),
  '8bitmime, just send': extensionCases(eightBitMimeJustSend, { mail: { BODY: body } }),
  pipelining: extensionCases(pipelining, {}),
  enhancedstatuscodes: extensionCases(enhancedStatusCodes, {}),
  starttls: extensionCases(startTls, {
    verbs: { STARTTLS: { wellFormed: [''], malformed: ['now', 'STARTTLS', '1'] } },
    offeredIn: { tls: 'available' },
  }),
}

for (const [name, list] of Object.entries(cases))
  describe(name, () => {
    for (const one of list) it(one.name, () => one.run())
  })
