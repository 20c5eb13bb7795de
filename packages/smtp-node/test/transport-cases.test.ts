import { transportCases } from '@angarium/smtp-wire/testing'
import { describe, it } from 'vitest'
import { setup } from './pair.ts'

describe('transport over sockets', () => {
  for (const one of transportCases({ halfClose: true, tls: true })) it(one.name, () => one.run(setup()))
})
