import type { AnyExtension, BodyKind } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { eightBitMime, eightBitMimeJustSend, enhancedStatusCodes, pipelining, size, startTls } from '../src/index.ts'
import vectors from '../vectors/plans.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly wish: { readonly size?: number; readonly body?: BodyKind }
  readonly offer?: readonly string[]
  readonly mail?: Readonly<Record<string, unknown>>
  readonly veto?: readonly [number, string]
}

const extensions: Record<Exclude<keyof typeof vectors, 'about'>, AnyExtension> = {
  size,
  '8bitmime': eightBitMime,
  '8bitmime, just send': eightBitMimeJustSend,
  pipelining,
  enhancedstatuscodes: enhancedStatusCodes,
  starttls: startTls,
}

for (const [name, extension] of Object.entries(extensions))
  describe(`client half of ${name}`, () => {
    it.each(vectors[name as keyof typeof extensions] as readonly Vector[])('$name', ({ wish, offer, mail, veto }) => {
      const plan = extension.client?.plan(
        {
          reversePath: { kind: 'null' },
          parameters: {},
          recipients: [],
          size: wish.size,
          body: wish.body,
          utf8Header: undefined,
        },
        offer,
        { offers: new Map(), tls: false, lmtp: false },
      ) ?? { kind: 'send' }
      if (plan.kind === 'send') {
        expect(veto).toBeUndefined()
        expect(plan.mail ?? {}).toEqual(mail)
        expect(plan.rcpt ?? []).toEqual([])
      } else expect([plan.reply.code, plan.reply.status]).toEqual(veto)
    })
  })
