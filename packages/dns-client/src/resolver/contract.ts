import type { Seconds } from '../clock.ts'
import type { RecordOf, RecordType } from '../record/record.ts'

/**
 * Why there is no answer. None of these says anything about whether the records exist.
 *
 * - `timeout`: no server answered in time, or none could be reached.
 * - `servfail`: the server could not find out.
 * - `bogus`: it found an answer whose signatures do not hold, and said so (RFC 8914).
 * - `refused`: it does not answer us, or does not look up for others.
 * - `malformed`: what it sent cannot be read, or the name asked for cannot exist.
 * - `loop`: the aliases lead in a circle, or further than 16 steps.
 */
export type FailureReason = 'timeout' | 'servfail' | 'bogus' | 'refused' | 'malformed' | 'loop'

/**
 * What DNS says about a name and type: there are records, there are none of this type, there is no such name, or
 * it could not be found out. The last is never a form of "no".
 *
 * `authentic` holds when the answer, with every alias on its way, was checked by a resolver that we trust to check
 * (RFC 7672, 2.1). `validFor` is how long it may be kept.
 */
export type Answer<R> =
  | {
      readonly kind: 'found'
      /** At least one; shared with others who ask, so not to be changed. MX come by rising preference. */
      readonly records: readonly R[]
      /** The name that has the records: what was asked for, or where its aliases led. In normal form. */
      readonly canonicalName: string
      readonly authentic: boolean
      readonly validFor: Seconds
    }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly authentic: boolean; readonly validFor: Seconds }
  | { readonly kind: 'failed'; readonly reason: FailureReason }

/**
 * Looks names up.
 *
 * Obligations, each with a case in `resolverCases` of `@angarium/dns-client/testing`: the four kinds are kept apart;
 * aliases are followed, except when asked for CNAME itself; an answer that passed any insecure alias is not
 * authentic; names come in normal form; a name that cannot exist is `failed`, `malformed`; the promise is always
 * fulfilled, in bounded time, unless the caller passes a type that does not exist.
 */
export interface Resolver {
  resolve<T extends RecordType>(name: string, type: T): Promise<Answer<RecordOf<T>>>
}
