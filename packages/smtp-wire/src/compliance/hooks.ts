import {
  type AnyExtension,
  type DataContext,
  type ParameterCodec,
  pass,
  proceed,
  type RcptContext,
  type SessionContext,
  type TransactionContext,
  type Verdict,
} from '../extension/types.ts'
import { type ExtensionCase, frozen, holds, quietly, same, show } from './check.ts'
import { type AnySamples, contexts, type ParameterSample } from './samples.ts'

/** Hooks see data and judge it, and do nothing else. */
export function hookCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  const cases: ExtensionCase[] = []
  const mailValues = combinations(extension.mail, samples.mail)
  const rcptValues = combinations(extension.rcpt, samples.rcpt)
  if (extension.onMail !== pass)
    cases.push({
      name: `${extension.keyword}: judges MAIL by what it is told alone`,
      run() {
        for (const context of contexts())
          for (const values of mailValues)
            judges('onMail', (now) => extension.onMail(values, now), transactionIn(context, values))
      },
    })
  if (extension.onRcpt !== pass)
    cases.push({
      name: `${extension.keyword}: judges RCPT by what it is told alone`,
      run() {
        for (const context of contexts())
          for (const mail of mailValues)
            for (const values of rcptValues) {
              const about: RcptContext = { ...transactionIn(context, mail), forwardPath: { kind: 'postmaster' } }
              judges('onRcpt', (now) => extension.onRcpt(values, now), about)
            }
      },
    })
  if (extension.onDataStart !== pass)
    cases.push({
      name: `${extension.keyword}: judges the start of content by what it is told alone`,
      run() {
        for (const context of contexts())
          for (const values of mailValues)
            for (const chunked of [false, true]) {
              const about: DataContext = { ...transactionIn(context, values), chunked }
              judges('onDataStart', (now) => extension.onDataStart(now), about)
            }
      },
    })
  return cases
}

function judges<C>(hook: string, judge: (context: C) => Verdict, context: C): void {
  const where = `${hook} in ${show(context)}`
  const verdict = quietly(where, () => judge(frozen(context)))
  same(judge(frozen(context)), verdict, `${where}, asked twice`)
  if (verdict === proceed) return
  holds(verdict.code >= 400 && verdict.code < 600, `${where} refuses with ${verdict.code}`)
  const { status } = verdict
  holds(status === undefined || status[0] === String(verdict.code)[0], `${where}: ${verdict.code} with ${status}`)
}

function transactionIn(context: SessionContext, mailParameters: Values): TransactionContext {
  return { ...context, reversePath: { kind: 'null' }, mailParameters, recipients: [{ kind: 'postmaster' }] }
}

type Values = Readonly<Record<string, unknown>>

/** No parameters, and each value alone and with the first of the others. */
function combinations(
  codecs: Readonly<Record<string, ParameterCodec<unknown>>>,
  samples: Readonly<Record<string, ParameterSample<unknown> | undefined>> = {},
): readonly Values[] {
  const all: Values[] = [{}]
  const firsts: Record<string, unknown> = {}
  for (const name of Object.keys(codecs)) {
    const values = samples[name]?.values ?? []
    for (const value of values) all.push({ [name]: value }, { ...firsts, [name]: value })
    if (values.length > 0) firsts[name] = values[0]
  }
  return all.map(frozen)
}
