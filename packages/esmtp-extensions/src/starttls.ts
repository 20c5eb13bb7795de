import { defineExtension, type Extension, reply, type VerbEffect } from '@angarium/smtp-wire'

/**
 * TLS inside a session. Offered only while TLS is available and not yet active; input that waits behind the verb ends
 * the session, so nothing said in clear can be taken for said under TLS. A client upgrades by its session's own call,
 * where the keyword is offered and its policy wants it; a transaction adds nothing.
 *
 * @rfc 3207
 */
export const startTls: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'starttls',
  rfc: 3207,
  keyword: 'STARTTLS',
  ehlo: ({ tls }) => (tls === 'available' ? [] : undefined),
  verbs: {
    STARTTLS: {
      phases: ['ready'],
      barrier: true,
      run(argument, { tls }): VerbEffect {
        if (argument !== '') return refuse(501, '5.4', 'STARTTLS takes no argument')
        if (tls === 'active') return refuse(503, '5.1', 'TLS is active already')
        if (tls === 'unavailable') return refuse(454, '7.0', 'TLS is not available now')
        return { kind: 'start-tls', reply: reply(220, '0.0', 'Ready to start TLS') }
      },
    },
  },
})

function refuse(code: 454 | 501 | 503, detail: '5.1' | '5.4' | '7.0', text: string): VerbEffect {
  return { kind: 'reply', reply: reply(code, detail, text) }
}
