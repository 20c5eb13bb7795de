/** Extensions that can be left out; those not here are offered only where a setting of theirs asks for it. */
export const keywords = [
  'SIZE',
  '8BITMIME',
  'BINARYMIME',
  'CHUNKING',
  'PIPELINING',
  'ENHANCEDSTATUSCODES',
  'DSN',
  'SMTPUTF8',
  'DELIVERBY',
  'MT-PRIORITY',
  'RRVS',
  'REQUIRETLS',
  'LIMITS',
  'HELP',
  'STARTTLS',
] as const
