/** What a process says by its end, after BSD's sysexits.h. */
export const exitCodes = {
  ok: 0,
  /** The command line cannot be understood. */
  usage: 64,
  /** What was given to work on is not what it should be. */
  data: 65,
  /** An input file is missing or cannot be read. */
  noInput: 66,
  /** Something needed is not there: no server answers, the queue is in use. */
  unavailable: 69,
  /** A fault of the program. */
  software: 70,
  /** A file or socket cannot be made. */
  cannotCreate: 73,
  /** Try again later. */
  temporary: 75,
  /** The peer did not do what the protocol asks. */
  protocol: 76,
  /** The configuration is wrong. */
  config: 78,
} as const
