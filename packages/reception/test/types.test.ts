import { proceed, type Refusal, reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { createReception, type PolicyStage } from '../src/index.ts'
import { createRig, extensions, policy } from './rig.ts'

const no: Refusal = reply(550, '7.1', 'No')

describe('types', () => {
  it('a stage can say nothing but what is legal at its point', () => {
    const illegal: readonly PolicyStage[] = [
      // @ts-expect-error: a greeting is 220, 421, 521 or 554
      { name: 'x', connect: () => reply(550, '7.1', 'no') },
      // @ts-expect-error: yes is not a stage's to say
      { name: 'x', mail: () => reply(250, '0.0', 'yes') },
      // @ts-expect-error: nor is "send content"
      { name: 'x', dataStart: async () => reply(354, undefined, 'go') },
    ]
    expect(illegal).toHaveLength(3)
  })

  it('a stage sees the parameters of the extensions listed', async () => {
    const { store, clock } = await createRig()
    createReception({
      hostname: 'mx.local.test',
      extensions,
      store,
      clock,
      recipients: policy,
      stages: [
        {
          name: 'x',
          mail({ parameters }) {
            const declared: number | undefined = parameters.SIZE
            // @ts-expect-error: no extension here has this parameter
            void parameters.ENVID
            return declared === 0 ? no : proceed
          },
        },
      ],
    })
  })
})
