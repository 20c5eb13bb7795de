/**
 * Reads a timestamp without fractions of a second, as milliseconds since 1970. A leap second counts as the one behind it.
 *
 * ```abnf
 * date-time   = full-date "T" partial-time time-offset
 * time-offset = "Z" / ("+" / "-") time-hour ":" time-minute
 * ```
 * @param utc only "Z" is taken for an offset
 * @returns `undefined` for anything else, a day the month does not have, and a UTC year of more than four digits
 * @rfc 3339 5.6
 */
export function readDateTime(text: string, utc = false): number | undefined {
  const [, date = '', time = '', offset = ''] = form.exec(text) ?? []
  if (date === '' || (utc && offset !== 'Z' && offset !== 'z')) return undefined
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  const ahead = minutesAhead(offset)
  if (hour > 23 || minute > 59 || second > 60 || ahead === undefined) return undefined
  const moment = new Date(0)
  moment.setUTCFullYear(year, month - 1, day)
  // A day or month that is not there ends up in another month.
  if (moment.getUTCMonth() !== month - 1) return undefined
  const at = moment.getTime() + ((hour * 60 + minute - ahead) * 60 + second) * 1000
  return at < FIRST || at > LAST ? undefined : at
}

/** The same in UTC, 20 characters. */
export const formatDateTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

/** The text is at most 25 characters; anchors and fixed counts keep this linear. */
const form = /^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})([Zz]|[+-][0-9]{2}:[0-9]{2})$/

function minutesAhead(offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return 0
  const hour = Number(offset.slice(1, 3))
  const minute = Number(offset.slice(4))
  if (hour > 23 || minute > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hour * 60 + minute)
}

/** Midnight that begins year 0, and the last second of year 9999. */
const FIRST = -62_167_219_200_000
const LAST = 253_402_300_799_000
