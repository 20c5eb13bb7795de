import { createAuthenticator } from '@angarium/esmtp-extensions'
import type { Clock, Log, Millis } from '@angarium/queue'
import type { SessionFacts, VerbOwner } from '@angarium/reception'
import { type SaslServer, verifierOf } from '@angarium/sasl'
import { asciiUpper } from '@angarium/smtp-wire'
import type { PasswordChecker } from './password-checker.ts'
import type { Throttle } from './throttle.ts'
import type { UserDirectory } from './user-directory.ts'

/** What log-ins are made of. */
export interface AuthenticationParts {
  readonly sasl: SaslServer
  readonly users: UserDirectory
  readonly passwords: PasswordChecker
  readonly throttle: Throttle
  readonly clock: Clock
  readonly log: Log
}

/**
 * Answers AUTH. Log events: `logged-in`, `login-failed`, and `login-refused` for one that was not looked at since too
 * many before it were wrong; the client hears 454 then.
 */
export function createAuthentication(parts: AuthenticationParts): VerbOwner {
  // A session has a peer of its own, which it keeps; an exchange is over when the session is.
  const sessions = new WeakMap<SessionFacts['peer'], VerbOwner>()
  return (event, session) => {
    const known = sessions.get(session.peer) ?? authenticationOf(parts)
    sessions.set(session.peer, known)
    return known(event, session)
  }
}

/** Log-ins of one session, one exchange after the other. */
function authenticationOf({ sasl, users, passwords, throttle, clock, log }: AuthenticationParts): VerbOwner {
  let facts: SessionFacts | undefined
  let mechanism = ''
  let account: string | undefined

  /** Lets a log-in wait as it has to; false: it is not looked at. */
  async function admit(name: string): Promise<boolean> {
    account = name
    const peer = facts?.peer.address ?? ''
    const verdict = throttle.judge(peer, name)
    if (verdict !== 'refused') {
      if (verdict > 0) await pause(clock, verdict)
      return true
    }
    log.info('login-refused', { peer, account, mechanism })
    return false
  }

  const authenticate = createAuthenticator(sasl, () => ({ encrypted: facts?.tls !== undefined }), {
    password: async ({ authcid, password }) =>
      (await admit(authcid)) ? passwords.check(users.find(authcid)?.records ?? [], password) : 'unavailable',
    verifier: async ({ authcid, hash }) =>
      (await admit(authcid)) ? verifierOf(users.find(authcid)?.records ?? [], hash) : 'unavailable',
  })

  return async (event, session) => {
    facts = session
    if (event.line === undefined) {
      mechanism = asciiUpper(event.argument.split(' ', 1)[0] ?? '')
      account = undefined
    }
    const answer = await authenticate(event)
    const peer = session.peer.address
    if ('identity' in answer) log.info('logged-in', { peer, identity: answer.identity, mechanism })
    else if (answer.code === 535) {
      if (account !== undefined) throttle.failed(peer, account)
      log.info('login-failed', { peer, account, mechanism })
    }
    return answer
  }
}

function pause(clock: Clock, delayMs: Millis): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}
