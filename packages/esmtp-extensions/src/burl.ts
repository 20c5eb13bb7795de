import {
  asciiUpper,
  defineExtension,
  type Extension,
  reply,
  type SessionContext,
  type VerbEffect,
} from '@angarium/smtp-wire'

/** A command to fetch content. @rfc 4468 3.5 */
export interface BurlCommand {
  /** Absolute, such as an IMAP URL. Neither looked into nor fetched. */
  readonly url: string
  /** The message is whole with this. */
  readonly last: boolean
}

/**
 * Content that a submission server fetches by its URL. **Only the command is here**: no session of this toolkit takes
 * content from elsewhere, so an owner that lists it can only refuse (554 5.6.6, say), and nothing should offer it.
 *
 * ```abnf
 * burl-param = "imap" / ( "imap://" authority )               ; in the EHLO reply, any number
 * burl-cmd   = "BURL" SP absolute-URI [ SP "LAST" ] CRLF
 * ```
 * For submission, not for relays, and needs 8BITMIME beside it. Legal where BDAT is, and may be mixed with it. The
 * session asks its owner by a `verb` event; {@link readBurl} reads its argument.
 *
 * @param schemes arguments to offer now; none before authentication says that it is required
 * @rfc 4468 3
 */
export function burl(
  schemes: (context: SessionContext) => readonly string[],
): Extension<Record<never, never>, Record<never, never>> {
  return defineExtension({
    name: 'burl',
    rfc: 4468,
    keyword: 'BURL',
    ehlo: schemes,
    requires: ['8BITMIME'],
    verbs: {
      BURL: {
        phases: ['rcpt', 'chunking'],
        barrier: false,
        syntax: 'BURL <url> [LAST]',
        run: (argument): VerbEffect => (readBurl(argument) === undefined ? notAnArgument : { kind: 'ask' }),
      },
    },
  })
}

/** Reads the argument of BURL; `undefined` for one that is none. */
export function readBurl(argument: string): BurlCommand | undefined {
  const [url = '', marker, ...more] = argument.split(' ').filter((word) => word !== '')
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z[\]_a-z~]+$/.test(url) || more.length > 0) return undefined
  if (marker !== undefined && asciiUpper(marker) !== 'LAST') return undefined
  return { url, last: marker !== undefined }
}

const notAnArgument: VerbEffect = {
  kind: 'reply',
  reply: reply(501, '5.4', 'BURL takes an absolute URL, and LAST behind the last'),
}
