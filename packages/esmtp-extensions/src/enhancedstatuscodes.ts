import { defineExtension, type Extension } from '@angarium/smtp-wire'

/**
 * Replies that begin with a status code such as 5.1.1. The switch makes a server session write the status its replies
 * carry. A client session reads the status of a reply wherever one stands: nothing is negotiated.
 *
 * @rfc 2034
 */
export const enhancedStatusCodes: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'enhancedstatuscodes',
  rfc: 2034,
  keyword: 'ENHANCEDSTATUSCODES',
  switches: { enhancedReplies: true },
})
