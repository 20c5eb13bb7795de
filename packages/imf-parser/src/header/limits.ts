/** Bounds on a header. What goes beyond is told as data. */
export interface HeaderLimits {
  /** Octets up to and with the empty line. Beyond: the scan ends with `header-too-long`. */
  readonly octets: number
  /** Fields and irregular lines. Beyond: the scan ends with `too-many-fields`. */
  readonly fields: number
  /** Octets of a line without its end. Longer lines are kept; their field says `long-line`. @rfc 5322 2.1.1 */
  readonly lineOctets: number
}

/** What real headers stay within. */
export const headerLimits: HeaderLimits = { octets: 1_048_576, fields: 1000, lineOctets: 998 }
