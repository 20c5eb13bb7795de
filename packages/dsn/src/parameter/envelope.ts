import { asciiUpper, decodeXtext, encodeXtext, isPrintable } from '@angarium/smtp-wire'
import { DsnError } from '../error.ts'

/** How much of the message a failure report brings back. */
export type Ret = 'full' | 'headers'

/** Reads the value of a RET parameter. `undefined` for one that is malformed. @rfc 3461 4.3 */
export function parseRet(value: string | undefined): Ret | undefined {
  const word = value === undefined || value.length > 8 ? undefined : asciiUpper(value)
  return word === 'FULL' ? 'full' : word === 'HDRS' ? 'headers' : undefined
}

/** The value of a RET parameter. @rfc 3461 4.3 */
export const formatRet = (ret: Ret): string => (ret === 'full' ? 'FULL' : 'HDRS')

/**
 * Reads the value of an ENVID parameter: the envelope identifier, decoded. `undefined` when it is malformed, or longer
 * than 100 characters, or stands for anything but printable ASCII and blanks.
 *
 * @rfc 3461 4.4
 */
export function parseEnvid(value: string | undefined): string | undefined {
  if (value === undefined || value.length > ENVID) return undefined
  const id = decodeXtext(value)
  return id !== undefined && isPrintable(id) ? id : undefined
}

/** The value of an ENVID parameter. @throws DsnError BAD_PARAMETER @rfc 3461 4.4 */
export function formatEnvid(id: string): string {
  const value = encodeXtext(id)
  if (value.length > ENVID || !isPrintable(id))
    throw new DsnError('BAD_PARAMETER', 'an envelope identifier is printable ASCII and short', {
      parameter: 'ENVID',
      value: id,
    })
  return value
}

const ENVID = 100
