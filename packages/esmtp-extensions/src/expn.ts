import { defineExtension, type Extension } from '@angarium/smtp-wire'

/**
 * EXPN is understood. The session asks its owner by a `lookup` event; list this where the owner answers with members of
 * lists, to clients that may know them.
 *
 * @rfc 5321 4.1.1.7
 */
export const expn: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'expn',
  rfc: 5321,
  keyword: 'EXPN',
})
