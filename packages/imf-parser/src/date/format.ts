import { ImfError } from '../error.ts'
import { DAYS, MINUTE, MONTHS } from './calendar.ts'

/**
 * A date-time such as `Mon, 23 Nov 2026 09:30:00 +0000`. Milliseconds are dropped.
 *
 * @param instant milliseconds since 1970-01-01T00:00:00Z
 * @param offset minutes east of UTC the local time is given in
 * @throws ImfError BAD_DATE for a local year outside 1900 to 9999, or an offset not in whole minutes under 100 hours
 * @rfc 5322 3.3
 */
export function formatDate(instant: number, offset = 0): string {
  const date = new Date(Math.floor(instant / 1000) * 1000 + offset * MINUTE)
  const year = date.getUTCFullYear()
  if (!(year >= 1900 && year <= 9999) || !Number.isInteger(offset) || Math.abs(offset) >= 6000)
    throw new ImfError('BAD_DATE', 'a date-time cannot express this', { instant, offset })
  const minutes = Math.abs(offset)
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${DAYS[date.getUTCDay()]}, ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${year} ${time} ${zone}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
