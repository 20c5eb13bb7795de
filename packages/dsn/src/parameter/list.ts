import type { EsmtpParameter } from '../report.ts'

/** The value of a parameter; `undefined` when it is absent or has none. */
export function parameterValue(parameters: readonly EsmtpParameter[], keyword: string): string | undefined {
  return parameters.find(([name]) => name === keyword)?.[1]
}

export function hasParameter(parameters: readonly EsmtpParameter[], keyword: string): boolean {
  return parameters.some(([name]) => name === keyword)
}
