import { defineExtension, type Extension, type ParameterCodec } from '@angarium/smtp-wire'

/** Its parameters of MAIL. */
export type CheckpointMail = { readonly TRANSID: ParameterCodec<string> }

/**
 * Transactions that go on where a connection broke. **Only the parameter is here**: no transaction of this toolkit can be
 * taken up again (355 in answer to MAIL), so nothing should offer it. Experimental, and met nowhere.
 *
 * ```abnf
 * transid-value = "<" transid-token "@" transid-token ">"   ; MAIL TRANSID, up to 80 octets, adds 89
 * transid-token = transid-atom *( "." transid-atom )
 * transid-atom  = 1*<any ASCII character but blanks, controls, tspecials and ".">
 * ```
 * The value is opaque and its case counts. It names a transaction between two hosts, and is not passed on.
 *
 * @rfc 1845 2
 * @rfc 1845 3
 */
export const checkpoint: Extension<CheckpointMail, Record<never, never>> = defineExtension({
  name: 'checkpoint',
  rfc: 1845,
  keyword: 'CHECKPOINT',
  mail: { TRANSID: { maxOctets: ' TRANSID='.length + 80, parse: readTransid, format: (value) => value } },
  client: { plan: () => ({ kind: 'send' }) },
})

function readTransid(value = ''): string | undefined {
  if (value.length > 80 || !value.startsWith('<') || !value.endsWith('>')) return undefined
  const [local = '', domain = '', ...more] = value.slice(1, -1).split('@')
  return more.length === 0 && isToken(local) && isToken(domain) ? value : undefined
}

const isToken = (text: string): boolean => text.split('.').every((atom) => /^[!#$%&'*+\-0-9A-Z^_`a-z{|}~]+$/.test(atom))
