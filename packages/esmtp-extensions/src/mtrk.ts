import { defineExtension, type Extension, type ParameterCodec, proceed, readDigits, reply } from '@angarium/smtp-wire'

/** What lets the sender ask for a message later. @rfc 3885 3.1 */
export interface MtrkValue {
  /** Base64 of a SHA-1, without its padding. */
  readonly certifier: string
  /** Seconds for which the trace is to be kept; left out: as the server sees fit, a day at least. */
  readonly timeout?: number
}

/** Its parameters of MAIL. */
export type MtrkMail = { readonly MTRK: ParameterCodec<MtrkValue> }

/**
 * Message tracking. **Only the parameter is here**: nothing in this toolkit keeps a trace of messages to be asked for
 * (MTQP), so nothing should offer it yet.
 *
 * ```abnf
 * mtrk-value = certifier [ ":" timeout ]   ; MAIL MTRK, adds 43 octets
 * certifier  = 1*27( ALPHA / DIGIT / "+" / "/" )
 * timeout    = 1*9DIGIT                    ; seconds
 * ```
 * Needs DSN beside it, since such a message must have an ENVID (550 5.5.4 without), which is never used again. A client
 * passes it on where it is offered, with the time that remains (see {@link remainingMtrk}); elsewhere it is left out. It
 * must not go to more than one address that a recipient is redirected to, nor to the members of a list.
 *
 * @rfc 3885 2
 * @rfc 3885 3
 */
export const mtrk: Extension<MtrkMail, Record<never, never>> = defineExtension({
  name: 'mtrk',
  rfc: 3885,
  keyword: 'MTRK',
  requires: ['DSN'],
  mail: {
    MTRK: {
      maxOctets: ` MTRK=${'x'.repeat(27)}:999999999`.length,
      parse: readMtrk,
      format: ({ certifier, timeout }) => (timeout === undefined ? certifier : `${certifier}:${timeout}`),
    },
  },
  onMail: ({ MTRK }, { mailParameters }) =>
    MTRK !== undefined && mailParameters.ENVID === undefined ? reply(550, '5.4', 'MTRK needs an ENVID') : proceed,
})

/**
 * What is to stand behind "MTRK=" when a message is relayed: the text it came with, less the time it was held.
 *
 * @param elapsed seconds since it came
 * @returns `undefined` when no time remains: the parameter is not passed on. Also for a text that is not a value of MTRK.
 * @rfc 3885 3.1
 */
export function remainingMtrk(value: string, elapsed: number): string | undefined {
  const came = readMtrk(value)
  if (came?.timeout === undefined) return came && value
  const timeout = Math.floor(came.timeout - elapsed)
  return timeout > 0 ? `${came.certifier}:${timeout}` : undefined
}

function readMtrk(value = ''): MtrkValue | undefined {
  const [, certifier, digits] = /^([A-Za-z0-9+/]{1,27})(?::([0-9]{1,9}))?$/.exec(value) ?? []
  if (certifier === undefined) return undefined
  const timeout = digits === undefined ? undefined : readDigits(digits)
  return timeout === undefined ? { certifier } : { certifier, timeout }
}
