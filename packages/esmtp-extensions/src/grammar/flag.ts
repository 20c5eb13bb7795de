import type { ParameterCodec } from '@angarium/smtp-wire'

/** A parameter without a value: it is there, or not. */
export const flag = (keyword: string): ParameterCodec<true> => ({
  maxOctets: 1 + keyword.length,
  parse: (value) => (value === undefined ? true : undefined),
  format: () => undefined,
})
