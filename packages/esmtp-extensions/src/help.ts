import { defineExtension, type Extension } from '@angarium/smtp-wire'

/**
 * HELP is understood. Every session answers it, offered or not; the keyword tells clients that it is worth asking.
 *
 * @rfc 5321 4.1.1.8
 */
export const help: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'help',
  rfc: 5321,
  keyword: 'HELP',
})
