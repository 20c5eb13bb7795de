/** One reply code that a standard defines. */
export interface ReplyCodeEntry {
  readonly code: number
  /** In the words of the RFC, shortened. */
  readonly meaning: string
  readonly rfc: number
}

type Row = readonly [code: number, rfc: number, meaning: string]

const rows: readonly Row[] = [
  [211, 5321, 'System status, or system help reply'],
  [214, 5321, 'Help message'],
  [220, 5321, 'Service ready'],
  [221, 5321, 'Service closing transmission channel'],
  [235, 4954, 'Authentication succeeded'],
  [250, 5321, 'Requested mail action okay, completed'],
  [251, 5321, 'User not local; will forward'],
  [252, 5321, 'Cannot verify user, but will accept message and attempt delivery'],
  [253, 1985, 'Pending messages for node started'],
  [334, 4954, 'Authentication challenge'],
  [354, 5321, 'Start mail input; end with <CRLF>.<CRLF>'],
  [421, 5321, 'Service not available, closing transmission channel'],
  [432, 4954, 'A password transition is needed'],
  [450, 5321, 'Requested mail action not taken: mailbox unavailable'],
  [451, 5321, 'Requested action aborted: error in processing'],
  [452, 5321, 'Requested action not taken: insufficient system storage, or too many recipients'],
  [453, 2645, 'You have no mail'],
  [454, 3207, 'TLS not available, or temporary authentication failure'],
  [455, 5321, 'Server unable to accommodate parameters'],
  [458, 1985, 'Unable to queue messages for node'],
  [459, 1985, 'Node not allowed'],
  [500, 5321, 'Syntax error, command unrecognized, or line too long'],
  [501, 5321, 'Syntax error in parameters or arguments'],
  [502, 5321, 'Command not implemented'],
  [503, 5321, 'Bad sequence of commands'],
  [504, 5321, 'Command parameter not implemented'],
  [521, 7504, 'Host does not accept mail'],
  [523, 5248, 'Encryption needed'],
  [524, 5248, 'Encryption required for requested authentication mechanism'],
  [525, 5248, 'User account disabled'],
  [530, 4954, 'Authentication required, or STARTTLS must come first'],
  [534, 4954, 'Authentication mechanism is too weak'],
  [535, 4954, 'Authentication credentials invalid'],
  [538, 4954, 'Encryption required for requested authentication mechanism'],
  [550, 5321, 'Requested action not taken: mailbox unavailable, or refused by policy'],
  [551, 5321, 'User not local; please try the path in the text'],
  [552, 5321, 'Requested mail action aborted: exceeded storage allocation'],
  [553, 5321, 'Requested action not taken: mailbox name not allowed'],
  [554, 5321, 'Transaction failed, or no SMTP service here'],
  [555, 5321, 'MAIL FROM/RCPT TO parameters not recognized or not implemented'],
  [556, 7504, 'Domain does not accept mail'],
]

/**
 * Reply codes by number. A code that is missing here is taken by its first digit alone. bis
 * (draft-ietf-emailcore-rfc5321bis): takes in RFC 7504 and RFC 7505, with 521 and 556.
 *
 * @rfc 5321 4.2.3
 */
export const replyCodes: ReadonlyMap<number, ReplyCodeEntry> = new Map(
  rows.map(([code, rfc, meaning]) => [code, { code, meaning, rfc }]),
)
