import type { AnyExtension, SessionContext } from '../extension/types.ts'
import { type Reply, reply } from '../reply/reply.ts'

/** What a hello granted: the reply, and the extensions that hold until the next one. */
export interface HelloGrant {
  readonly reply: Reply<250>
  readonly offered: ReadonlySet<AnyExtension>
  readonly pipelining: boolean
  readonly enhancedReplies: boolean
}

/** Nothing but RFC 5321's own commands: before any hello, and after HELO. */
export const noGrant: Omit<HelloGrant, 'reply'> = { offered: new Set(), pipelining: false, enhancedReplies: false }

/**
 * Answers a hello. The keywords are those whose extension offers itself in this context.
 *
 * @rfc 5321 4.1.1.1
 */
export function grantHello(
  extended: boolean,
  hostname: string,
  extensions: readonly AnyExtension[],
  context: SessionContext,
): HelloGrant {
  if (!extended) return { ...noGrant, reply: reply(250, undefined, hostname) }
  const lines = [hostname]
  const offered = new Set<AnyExtension>()
  for (const extension of extensions) {
    const offer = extension.ehlo(context)
    if (offer === undefined) continue
    offered.add(extension)
    lines.push([extension.keyword, ...offer].join(' '))
  }
  const on = (name: 'pipelining' | 'enhancedReplies'): boolean => {
    for (const extension of offered) if (extension.switches[name] === true) return true
    return false
  }
  return {
    reply: reply(250, undefined, ...lines),
    offered,
    pipelining: on('pipelining'),
    enhancedReplies: on('enhancedReplies'),
  }
}
