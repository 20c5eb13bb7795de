/** Why a reply says what it says, as far as it can be told. */
export type ReplyCause =
  | 'accepted'
  | 'proceed'
  | 'no-such-mailbox'
  | 'no-such-domain'
  | 'bad-address'
  | 'mailbox-full'
  | 'mailbox-disabled'
  | 'mailbox-moved'
  | 'no-mail-service'
  | 'message-too-big'
  | 'too-many-recipients'
  | 'too-many-connections'
  | 'rate-limited'
  | 'greylisted'
  | 'blocklisted'
  | 'reputation'
  | 'sender-refused'
  | 'sender-authentication'
  | 'reverse-dns'
  | 'hello-name'
  | 'content-refused'
  | 'relay-denied'
  | 'login-required'
  | 'login-failed'
  | 'tls-required'
  | 'policy'
  | 'loop'
  | 'expired'
  | 'routing'
  | 'server-busy'
  | 'server-fault'
  | 'protocol'
  | 'unsupported'
  | 'unknown'

/** A cause in words. */
export interface CauseEntry {
  /** What happened. One sentence. */
  readonly meaning: string
  /** Who can do what. One sentence, perhaps two. */
  readonly advice: string
  /** It passes by itself; a permanent refusal that names it contradicts itself. */
  readonly passes: boolean
}

const entry = (meaning: string, advice: string): CauseEntry => ({ meaning, advice, passes: false })
const passing = (meaning: string, advice: string): CauseEntry => ({ meaning, advice, passes: true })

/** Every cause in words, for people. */
export const replyCauses: Readonly<Record<ReplyCause, CauseEntry>> = {
  accepted: entry('The server did what it was asked.', 'Nothing is to be done.'),
  proceed: entry('The server waits for more.', 'Go on with what it asked for.'),
  'no-such-mailbox': entry(
    'The server knows no mailbox of this name.',
    'Check the part of the address before the "@"; ask the recipient by another way for the right one.',
  ),
  'no-such-domain': entry(
    'The domain of the address does not exist, or cannot be looked up.',
    'Check the part of the address behind the "@"; if it is right, its owner has to mend the DNS.',
  ),
  'bad-address': entry(
    'The address is not written as addresses are.',
    'Correct the address: look for blanks, commas, two dots in a row, or letters the domain cannot have.',
  ),
  'mailbox-full': entry(
    'The mailbox has no room left.',
    'The recipient has to make room; tell them by another way if it is urgent.',
  ),
  'mailbox-disabled': entry(
    'The mailbox exists but takes no mail.',
    'Ask the recipient by another way; retrying changes nothing.',
  ),
  'mailbox-moved': entry('The recipient has moved.', 'Use the new address, where the reply names one.'),
  'no-mail-service': entry(
    'The host or domain takes no mail at all, and says so.',
    'Check the domain of the address; nobody there can be reached by mail.',
  ),
  'message-too-big': entry(
    'The message is larger than the server takes.',
    'Send it smaller: put large files elsewhere and send a link.',
  ),
  'too-many-recipients': passing(
    'There were more recipients in one go than the server takes.',
    'Those that were refused go into another transaction; nothing is wrong with their addresses.',
  ),
  'too-many-connections': passing(
    'More connections were open than the server allows.',
    'Open fewer connections to this server at a time.',
  ),
  'rate-limited': passing(
    'More mail came in a time than the server allows.',
    'Send more slowly; if the volume is wanted, arrange it with the receiving side.',
  ),
  greylisted: passing(
    'The server puts senders it has not met before off for a while.',
    'Try again after some minutes, from the same address; nothing else is to be done.',
  ),
  blocklisted: entry(
    'The sending host stands on a list of hosts that mail is not taken from.',
    'The operator of the sending host has to find out why it was listed, mend that, and ask the list to remove it.',
  ),
  reputation: entry(
    'The server has had bad experience with the sending host or domain.',
    'The operator of the sending host has to look for abuse and complaints, send wanted mail only, and be patient.',
  ),
  'sender-refused': entry(
    'The sender address is not accepted.',
    'Check that the sender address exists, that its domain resolves, and that it takes mail.',
  ),
  'sender-authentication': entry(
    'The message could not be shown to come from the domain it names (SPF, DKIM, DMARC).',
    'The owner of the sender domain has to list the sending host in SPF, or sign with DKIM in the name of the From domain.',
  ),
  'reverse-dns': entry(
    'The address of the sending host has no name, or a name that does not lead back to it.',
    'The operator of the sending host has to have a PTR record set whose name resolves to the same address.',
  ),
  'hello-name': entry(
    'The name the sending host gave in EHLO is not accepted.',
    'Set the host name of the sending server to a full name that resolves to its address.',
  ),
  'content-refused': entry(
    'The content of the message was taken for unwanted or dangerous.',
    'Look at links, attachments and header fields of the message; a harmless one is worth a word to the receiving side.',
  ),
  'relay-denied': entry(
    'The server does not take mail for this domain from this client.',
    'A recipient here: check the MX records of the domain. A user: log in first, or use the submission port.',
  ),
  'login-required': entry('The server wants to know who sends.', 'Log in (AUTH) before sending.'),
  'login-failed': entry(
    'Name or password were not accepted.',
    'Check name and password; some services want a password made for the program.',
  ),
  'tls-required': entry(
    'The server does not go on without encryption, or without better.',
    'Use STARTTLS, or the port that begins with TLS.',
  ),
  policy: entry(
    'A rule of the receiving side forbids it.',
    'The text of the reply may say which; else ask the postmaster of the receiving side.',
  ),
  loop: entry(
    'The message goes round in a circle.',
    'The operators have to look at forwarding rules and MX records that point back at each other.',
  ),
  expired: entry('The message could not be delivered in the time it had.', 'Send it again if it still matters.'),
  routing: entry(
    'No way to the recipient was found, or the network did not work.',
    'Check that the domain has MX or address records, and that its hosts can be reached.',
  ),
  'server-busy': passing('The server has too much to do, or no room.', 'Try again later.'),
  'server-fault': entry(
    'Something is wrong at the server.',
    'Try again later; if it stays so, tell the postmaster of the receiving side.',
  ),
  protocol: entry(
    'The server did not understand, or did not expect, what the client said.',
    'This is a matter for who runs or writes the client or server; the address is not at fault.',
  ),
  unsupported: entry(
    'The message needs something that the server does not offer.',
    'Send it without: in another form, to another address, or without the demand.',
  ),
  unknown: entry('The reply does not say why.', 'The text of the reply is all there is; ask the receiving side.'),
}

/** The cause behind each registered status, by subject and detail. @rfc 3463 3 */
export const causeOfStatus: ReadonlyMap<string, ReplyCause> = new Map(
  Object.entries<string>({
    'no-such-mailbox': '1.1 1.4',
    'no-such-domain': '1.2',
    'bad-address': '1.0 1.3 6.7',
    'mailbox-moved': '1.6',
    'sender-refused': '1.7 1.8 7.27',
    'no-mail-service': '1.10',
    'mailbox-disabled': '2.0 2.1',
    'mailbox-full': '2.2',
    'message-too-big': '2.3 3.4 7.16',
    'server-fault': '1.9 2.4 3.0 3.5 4.3',
    'server-busy': '3.1 3.2 4.5',
    unsupported: '3.3 5.5 6.0 6.1 6.2 6.3 6.4 6.5 6.8 6.9 6.10 7.3 7.4 7.5 7.6 7.30',
    routing: '4.0 4.1 4.2 4.4',
    loop: '4.6',
    expired: '4.7',
    protocol: '5.0 5.1 5.2 5.4 5.6',
    'too-many-recipients': '5.3',
    'content-refused': '6.6 7.7',
    policy: '3.6 7.0 7.1 7.2 7.15 7.17 7.18 7.19',
    'login-failed': '7.8 7.9 7.12 7.13 7.14',
    'tls-required': '7.10 7.11',
    'sender-authentication': '7.20 7.21 7.22 7.23 7.24 7.26 7.29',
    'reverse-dns': '7.25',
    'rate-limited': '7.28',
    accepted: '1.5',
    unknown: '0.0',
  }).flatMap(([cause, details]) => details.split(' ').map((detail) => [detail, cause as ReplyCause] as const)),
)

/** The cause behind a code alone, where it tells one. @rfc 5321 4.2.3 */
export const causeOfCode: ReadonlyMap<number, ReplyCause> = new Map<number, ReplyCause>([
  [251, 'accepted'],
  [421, 'server-busy'],
  [432, 'login-failed'],
  [451, 'server-fault'],
  [452, 'server-busy'],
  [454, 'tls-required'],
  [455, 'unsupported'],
  [500, 'protocol'],
  [501, 'protocol'],
  [502, 'protocol'],
  [503, 'protocol'],
  [504, 'protocol'],
  [521, 'no-mail-service'],
  [523, 'tls-required'],
  [524, 'tls-required'],
  [525, 'login-failed'],
  [530, 'login-required'],
  [534, 'login-failed'],
  [535, 'login-failed'],
  [538, 'tls-required'],
  [551, 'mailbox-moved'],
  [552, 'mailbox-full'],
  [553, 'bad-address'],
  [555, 'unsupported'],
  [556, 'no-mail-service'],
])
