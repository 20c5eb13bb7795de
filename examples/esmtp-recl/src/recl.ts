import { defineExtension, type Extension, reply, type VerbEffect } from '@angarium/smtp-wire'

/** When the recipient is told that a recall was asked for. Section 5.3. */
export type Inform = 'NO' | 'FAILURE' | 'SUCCESS' | 'ALL'

/** What a RECL command asks. */
export type ReclRequest = {
  /** With its angle brackets. */
  readonly messageId: string
  /** The secret whose hash the message carries. */
  readonly guid: string
} & ({ readonly kind: 'hold' | 'release' } | { readonly kind: 'recall'; readonly inform: Inform })

type None = Record<never, never>

/**
 * RECL: the keyword has no arguments, and there are no parameters of MAIL or RCPT. The command stands where DATA would,
 * and ends the transaction; QUIT or RSET follows.
 *
 * ```abnf
 * recl = "RECL" SP ( "HOLD" / "RELEASE" / recall ) SP message-id SP guid
 * recall = "RECALL" [ SP "INFORM" SP ( "NO" / "FAILURE" / "FAIL" / "SUCCESS" / "ALL" ) ]
 * guid = dot-atom-text
 * ```
 * The draft gives RECALL three forms: its section 5 has the four words, its grammar FAIL and no SUCCESS, its example no
 * INFORM at all. All are read; without INFORM it is NO. The four words are written.
 *
 * The session asks its owner by a `verb` event; {@link readRecl} reads its argument.
 *
 * There is no RFC: the number is that of the contract an unregistered keyword keeps to.
 */
export const recl: Extension<None, None> = defineExtension({
  name: 'recl',
  rfc: 5321,
  keyword: 'RECL',
  verbs: {
    RECL: {
      phases: ['rcpt'],
      barrier: false,
      syntax: 'RECL HOLD | RELEASE | RECALL [INFORM NO | FAILURE | SUCCESS | ALL] <message-id> <guid>',
      run: (argument): VerbEffect => (readRecl(argument) === undefined ? notAnArgument : { kind: 'ask' }),
    },
  },
})

/** Reads the argument of RECL; `undefined` for one that is none. Words are read in either case, identifiers as they are. */
export function readRecl(argument: string): ReclRequest | undefined {
  const words = argument.split(' ')
  const guid = words.pop() ?? ''
  const messageId = words.pop() ?? ''
  if (!isMessageId(messageId) || !isDotAtom(guid)) return undefined
  const [verb, informs, when, more] = words.map((word) => (/^[A-Za-z]+$/.test(word) ? word.toUpperCase() : ''))
  if (more !== undefined) return undefined
  if ((verb === 'HOLD' || verb === 'RELEASE') && informs === undefined)
    return { kind: verb === 'HOLD' ? 'hold' : 'release', messageId, guid }
  if (verb !== 'RECALL') return undefined
  if (informs === undefined) return { kind: 'recall', inform: 'NO', messageId, guid }
  const inform = when === undefined ? undefined : informWords.get(when)
  return informs === 'INFORM' && inform !== undefined ? { kind: 'recall', inform, messageId, guid } : undefined
}

/** Writes the argument of RECL. */
export function formatRecl(request: ReclRequest): string {
  const { kind, messageId, guid } = request
  const verb = request.kind === 'recall' ? `RECALL INFORM ${request.inform}` : kind.toUpperCase()
  return `${verb} ${messageId} ${guid}`
}

const informWords: ReadonlyMap<string, Inform> = new Map<string, Inform>([
  ['NO', 'NO'],
  ['FAIL', 'FAILURE'],
  ['FAILURE', 'FAILURE'],
  ['SUCCESS', 'SUCCESS'],
  ['ALL', 'ALL'],
])

/** Printable, one "@", in brackets. What stands inside is only ever compared. */
const isMessageId = (text: string): boolean => /^<[!-;=?A-~]+@[!-;=?A-~]+>$/.test(text)

const isDotAtom = (text: string): boolean =>
  text.split('.').every((atom) => /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+$/.test(atom))

const notAnArgument: VerbEffect = {
  kind: 'reply',
  reply: reply(501, '5.4', 'RECL takes HOLD, RELEASE or RECALL, a message-id in brackets, and a guid'),
}
