/** One registered enhanced status, without its class. @rfc 5248 2 */
export interface StatusEntry {
  /** Subject and detail: `1.1` of 5.1.1. */
  readonly detail: string
  /** The registered sample text. */
  readonly text: string
  /** Reply codes it is registered for; empty where the registry gives none or any. */
  readonly codes: readonly number[]
  /** The RFC that defines it; `undefined` for one that was registered without. */
  readonly rfc: number | undefined
}

/** What each subject speaks of. @rfc 3463 3 */
export const statusSubjects: ReadonlyMap<string, string> = new Map([
  ['0', 'Other or undefined'],
  ['1', 'Addressing'],
  ['2', 'Mailbox'],
  ['3', 'Mail system'],
  ['4', 'Network and routing'],
  ['5', 'Mail delivery protocol'],
  ['6', 'Message content or media'],
  ['7', 'Security or policy'],
])

type Row = readonly [detail: string, text: string, codes: readonly number[], rfc: number | undefined]

const rows: readonly Row[] = [
  ['0.0', 'Other undefined Status', [], 5248],
  ['1.0', 'Other address status', [], 3463],
  ['1.1', 'Bad destination mailbox address', [451, 550], 3463],
  ['1.2', 'Bad destination system address', [], 3463],
  ['1.3', 'Bad destination mailbox address syntax', [501], 3463],
  ['1.4', 'Destination mailbox address ambiguous', [], 3463],
  ['1.5', 'Destination address valid', [250], 3463],
  ['1.6', 'Destination mailbox has moved, No forwarding address', [], 3463],
  ['1.7', "Bad sender's mailbox address syntax", [], 3463],
  ['1.8', "Bad sender's system address", [451, 501], 3463],
  ['1.9', 'Message relayed to non-compliant mailer', [], 3886],
  ['1.10', 'Recipient address has null MX', [556], 7505],
  ['2.0', 'Other or undefined mailbox status', [], 3463],
  ['2.1', 'Mailbox disabled, not accepting messages', [], 3463],
  ['2.2', 'Mailbox full', [552], 3463],
  ['2.3', 'Message length exceeds administrative limit', [552], 3463],
  ['2.4', 'Mailing list expansion problem', [450, 452], 3463],
  ['3.0', 'Other or undefined mail system status', [221, 250, 421, 451, 550, 554], 3463],
  ['3.1', 'Mail system full', [452], 3463],
  ['3.2', 'System not accepting network messages', [453, 521], 3463],
  ['3.3', 'System not capable of selected features', [], 3463],
  ['3.4', 'Message too big for system', [552, 554], 3463],
  ['3.5', 'System incorrectly configured', [], 3463],
  ['3.6', 'Requested priority was changed', [250, 251], 6710],
  ['4.0', 'Other or undefined network or routing status', [], 3463],
  ['4.1', 'No answer from host', [451], 3463],
  ['4.2', 'Bad connection', [421], 3463],
  ['4.3', 'Directory server failure', [451, 550], 3463],
  ['4.4', 'Unable to route', [], 3463],
  ['4.5', 'Mail system congestion', [451], 3463],
  ['4.6', 'Routing loop detected', [], 3463],
  ['4.7', 'Delivery time expired', [], 3463],
  [
    '5.0',
    'Other or undefined protocol status',
    [220, 250, 251, 252, 253, 451, 452, 454, 458, 459, 501, 502, 503, 554],
    3463,
  ],
  ['5.1', 'Invalid command', [430, 500, 501, 503, 530, 550, 554, 555], 3463],
  ['5.2', 'Syntax error', [500, 501, 502, 550, 555], 3463],
  ['5.3', 'Too many recipients', [451], 3463],
  ['5.4', 'Invalid command arguments', [451, 501, 502, 503, 504, 550, 555], 3463],
  ['5.5', 'Wrong protocol version', [], 3463],
  ['5.6', 'Authentication Exchange line is too long', [500], 4954],
  ['6.0', 'Other or undefined media error', [], 3463],
  ['6.1', 'Media not supported', [], 3463],
  ['6.2', 'Conversion required and prohibited', [], 3463],
  ['6.3', 'Conversion required but not supported', [554], 3463],
  ['6.4', 'Conversion with loss performed', [250], 3463],
  ['6.5', 'Conversion Failed', [], 3463],
  ['6.6', 'Message content not available', [554], 4468],
  ['6.7', 'Non-ASCII addresses not permitted for that sender/recipient', [550, 553], 6531],
  ['6.8', 'UTF-8 string reply is required, but not permitted by the SMTP client', [252, 550, 553], 6531],
  [
    '6.9',
    'UTF-8 header message cannot be transferred to one or more recipients, so the message must be rejected',
    [550],
    6531,
  ],
  ['6.10', 'Duplicate of X.6.8; not to be used', [], 6531],
  ['7.0', 'Other or undefined security status', [220, 235, 450, 454, 500, 501, 503, 504, 530, 535, 550], 3463],
  ['7.1', 'Delivery not authorized, message refused', [451, 454, 502, 503, 533, 550, 551], 3463],
  ['7.2', 'Mailing list expansion prohibited', [550], 3463],
  ['7.3', 'Security conversion required but not possible', [], 3463],
  ['7.4', 'Security features not supported', [504], 3463],
  ['7.5', 'Cryptographic failure', [], 3463],
  ['7.6', 'Cryptographic algorithm not supported', [], 3463],
  ['7.7', 'Message integrity failure', [], 3463],
  ['7.8', 'Authentication credentials invalid', [535, 554], 4954],
  ['7.9', 'Authentication mechanism is too weak', [534], 4954],
  ['7.10', 'Encryption Needed', [523], 5248],
  ['7.11', 'Encryption required for requested authentication mechanism', [524, 538], 4954],
  ['7.12', 'A password transition is needed', [422, 432], 4954],
  ['7.13', 'User Account Disabled', [525], 5248],
  ['7.14', 'Trust relationship required', [535, 554], 5248],
  ['7.15', 'Priority Level is too low', [450, 550], 6710],
  ['7.16', 'Message is too big for the specified priority', [552], 6710],
  ['7.17', 'Mailbox owner has changed', [], 7293],
  ['7.18', 'Domain owner has changed', [], 7293],
  ['7.19', 'RRVS test cannot be completed', [], 7293],
  ['7.20', 'No passing DKIM signature found', [550], 7372],
  ['7.21', 'No acceptable DKIM signature found', [550], 7372],
  ['7.22', 'No valid author-matched DKIM signature found', [550], 7372],
  ['7.23', 'SPF validation failed', [550], 7372],
  ['7.24', 'SPF validation error', [451, 550], 7372],
  ['7.25', 'Reverse DNS validation failed', [550], 7372],
  ['7.26', 'Multiple authentication checks failed', [550], 7372],
  ['7.27', 'Sender address has null MX', [550], 7505],
  ['7.28', 'Mail flood detected', [], undefined],
  ['7.29', 'ARC validation failure', [550], 8617],
  ['7.30', 'REQUIRETLS support required', [550], 8689],
]

/**
 * The registry of enhanced status codes: RFC 3463 and what was added since, in numeric order.
 *
 * @rfc 3463 3
 * @rfc 5248 2
 */
export const statusEntries: readonly StatusEntry[] = rows.map(([detail, text, codes, rfc]) => ({
  detail,
  text,
  codes,
  rfc,
}))
