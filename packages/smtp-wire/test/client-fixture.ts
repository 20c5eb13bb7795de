import { type Mailbox, parseMailbox } from '../src/address/mailbox.ts'
import type { OutgoingRecipient } from '../src/client/contract.ts'
import { defineExtension } from '../src/extension/define.ts'
import type { Extension } from '../src/extension/types.ts'

/** Commands in groups. */
export const pipelining: Extension = defineExtension({
  name: 'pipelining',
  rfc: 2920,
  keyword: 'PIPELINING',
  switches: { pipelining: true },
})

/** Content by BDAT. */
export const chunking: Extension = defineExtension({
  name: 'chunking',
  rfc: 3030,
  keyword: 'CHUNKING',
  switches: { chunking: true },
})

/** Reads an address that is known to be one. */
export function mailbox(text: string): Mailbox {
  const read = parseMailbox(text)
  if (read === undefined) throw new Error(`not a mailbox: ${text}`)
  return read
}

/** Who sends in these tests. */
export const sender: Mailbox = mailbox('a@client.test')

/** `r0@mx.test` and so on. */
export function recipients(count: number): readonly OutgoingRecipient[] {
  return Array.from({ length: count }, (_, index) => ({ forwardPath: mailbox(`r${index}@mx.test`) }))
}
