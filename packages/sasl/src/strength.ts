/**
 * The order of mechanisms: a higher number is offered earlier and chosen first. What binds to the channel comes before
 * what only hashes, and that before what hands over a token or the password itself. Mechanisms of your own take any
 * number in between.
 */
export const strength = {
  EXTERNAL: 100,
  'SCRAM-SHA-512-PLUS': 93,
  'SCRAM-SHA-256-PLUS': 92,
  'SCRAM-SHA-1-PLUS': 91,
  'SCRAM-SHA-512': 83,
  'SCRAM-SHA-256': 82,
  'SCRAM-SHA-1': 81,
  OAUTHBEARER: 60,
  XOAUTH2: 50,
  'CRAM-MD5': 30,
  PLAIN: 20,
  LOGIN: 10,
  ANONYMOUS: 0,
} as const
