import { parseAddress } from '@angarium/dns-client'
import { createAddressMatcher } from '@angarium/reception'
import { parseDomain, parseMailbox } from '@angarium/smtp-wire'
import * as z from 'zod'

/** A text that passes a test; `reason` says what was expected. */
export function text(reason: string, passes: (text: string) => boolean): z.ZodString {
  return z.string().refine(passes, { error: reason })
}

const isName = (text: string): boolean =>
  !text.startsWith('[') && parseDomain(text) !== undefined && !/[A-Z]/.test(text)
const isAddress = (text: string): boolean => parseAddress(text) !== undefined

/** A path, taken from the folder of the configuration file. */
export const path = z.string().min(1)

/** A domain name. */
export const domainName = text('expected a domain name in lower case, such as mx.example.com', isName)

/** A domain that has a route of its own, or all others. */
export const routeKey = text('expected a domain name in lower case, or "*"', (text) => text === '*' || isName(text))

/** A domain, or all below one. */
export const destinationKey = text('expected a domain name in lower case, or "*." and one', (text) =>
  isName(text.startsWith('*.') ? text.slice(2) : text),
)

/** A numeric address. */
export const ipAddress = text('expected a numeric address such as 127.0.0.1 or ::1', isAddress)

/** A host to connect to. */
export const host = text('expected a host name or a numeric address', (text) => isName(text) || isAddress(text))

/** A whole mailbox. */
export const mailbox = text(
  'expected an address such as postmaster@example.com',
  (text) => parseMailbox(text) !== undefined,
)

/** A port to listen on or to connect to. */
export const port = z.int().min(1).max(65_535)

/** A count of things. */
export const wholeNumber = z.int().min(1).max(1_000_000)

/** Addresses: one, or all that begin with so many equal bits. */
export const addressRange = text(
  'expected an address or a range such as 192.0.2.0/24, without bits beyond its prefix',
  (range) => {
    try {
      createAddressMatcher([range])
      return true
    } catch {
      return false
    }
  },
)

/** A name server: `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`. */
export const nameServer = z.string().transform((text, context) => {
  const server = parseServer(text)
  if (server !== undefined) return server
  context.issues.push({ code: 'custom', input: text, message: 'expected an address such as 127.0.0.1:53 or [::1]:53' })
  return z.NEVER
})

function parseServer(text: string): { address: string; port?: number } | undefined {
  if (isAddress(text)) return { address: text }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([0-9.]+)):([1-9][0-9]{0,4})$/.exec(text) ?? []
  const address = bracketed ?? plain
  const number = Number(digits)
  return address !== undefined && isAddress(address) && number <= 65_535 ? { address, port: number } : undefined
}
