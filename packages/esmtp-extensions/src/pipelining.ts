import { defineExtension, type Extension } from '@angarium/smtp-wire'

/**
 * Commands in groups. The switch is all there is to say: a server session takes groups in order, sends the replies of
 * one as one, and ends when input waits behind a command that must come last; a client session sends groups where the
 * keyword is offered. Without the extension a server takes one command at a time and nothing ahead of its reply.
 *
 * @rfc 2920
 */
export const pipelining: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'pipelining',
  rfc: 2920,
  keyword: 'PIPELINING',
  switches: { pipelining: true },
})
