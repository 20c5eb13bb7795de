import {
  asciiLower,
  asciiUpper,
  defineExtension,
  type Extension,
  type ForwardPath,
  type Offer,
  type Offers,
  type Plan,
  readDigits,
  reply,
  type Veto,
} from '@angarium/smtp-wire'

/** What a server told of its limits; one it did not tell is absent. @rfc 9422 4 */
export interface AnnouncedLimits {
  /** MAIL commands in a session, accepted or not. */
  readonly mailMax?: number
  /** RCPT commands in a transaction. */
  readonly rcptMax?: number
  /** Different domains in the RCPT commands of a session. */
  readonly rcptDomainMax?: number
}

/**
 * Limits told beforehand.
 *
 * ```abnf
 * limits-param     = limit-name-value *( SP limit-name-value )   ; in the EHLO reply
 * limit-name-value = limit-name [ "=" limit-value ]
 * limit-value      = %x31-39 *5DIGIT                             ; of MAILMAX, RCPTMAX and RCPTDOMAINMAX
 * ```
 * Adds no parameters. A server session tells its `recipients` as RCPTMAX and its `transactions` as MAILMAX, each where it
 * is a number of up to six digits; with none of them it offers nothing. It keeps them whether or not they are told.
 *
 * A client that lists it does not send what the server would not take: recipients beyond RCPTMAX, and those of domains
 * beyond RCPTDOMAINMAX, get 452 4.5.3 and are for a later transaction. Who sends several transactions splits and counts
 * by {@link readLimits} beforehand, so that nothing is left over; MAILMAX and the domains of a whole session are its
 * business alone.
 *
 * @rfc 9422 3
 * @rfc 9422 4
 */
export const limits: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'limits',
  rfc: 9422,
  keyword: 'LIMITS',
  ehlo({ limits: { recipients, transactions } }): readonly string[] | undefined {
    const told = [
      ['RCPTMAX', recipients],
      ['MAILMAX', transactions],
    ].flatMap(([name, limit]) => (isLimit(limit) ? [`${name}=${limit}`] : []))
    return told.length === 0 ? undefined : told
  },
  client: {
    plan({ recipients }, offer): Plan {
      const { rcptMax = recipients.length, rcptDomainMax = recipients.length } = readOffer(offer)
      if (recipients.length <= Math.min(rcptMax, rcptDomainMax)) return { kind: 'send' }
      const domains = new Set<string>()
      let room = rcptMax
      return {
        kind: 'send',
        rcpt: recipients.map(({ forwardPath }) => {
          const domain = domainOf(forwardPath)
          if (room === 0 || (domains.size >= rcptDomainMax && !domains.has(domain))) return tooMany
          room -= 1
          domains.add(domain)
          return { kind: 'send', parameters: {} }
        }),
      }
    },
  },
})

/** Reads what a server told of its limits. One that cannot be read is as one not told; a broken line tells nothing. @rfc 9422 3.7 */
export const readLimits = (offers: Offers): AnnouncedLimits => readOffer(offers.get('LIMITS'))

function readOffer(offer: Offer = []): AnnouncedLimits {
  const told: { -readonly [K in keyof AnnouncedLimits]: number } = {}
  for (const word of offer) {
    const [, name, value = ''] = /^([A-Za-z0-9_-]+)(?:=([!-:<-~]+))?$/.exec(word) ?? []
    if (name === undefined) return {}
    const key = names.get(asciiUpper(name))
    const limit = value.startsWith('0') ? undefined : readDigits(value, 6)
    if (key !== undefined && limit !== undefined) told[key] ??= limit
  }
  return told
}

const isLimit = (value: string | number | undefined): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 999_999

const domainOf = (path: ForwardPath): string => (path.kind === 'mailbox' ? asciiLower(path.domain) : '')

const names: ReadonlyMap<string, keyof AnnouncedLimits> = new Map([
  ['MAILMAX', 'mailMax'],
  ['RCPTMAX', 'rcptMax'],
  ['RCPTDOMAINMAX', 'rcptDomainMax'],
])
const tooMany: Veto = {
  kind: 'veto',
  reply: reply(452, '5.3', 'The next host takes no more recipients in one transaction'),
}
