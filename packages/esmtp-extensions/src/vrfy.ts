import { defineExtension, type Extension } from '@angarium/smtp-wire'

/**
 * VRFY is understood. The session asks its owner by a `lookup` event; every server must take it, if only to answer 252.
 * The keyword is for old clients that ask for it.
 *
 * @rfc 5321 4.1.1.6
 */
export const vrfy: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'vrfy',
  rfc: 5321,
  keyword: 'VRFY',
})
