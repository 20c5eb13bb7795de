import { freshNonce, gather, type SaslOptions } from '../gather.ts'
import { asciiUpper } from '../octets.ts'
import type { ClientMechanism, SaslClient } from './contract.ts'
import { ScriptClientExchange } from './exchange.ts'

/**
 * Gathers a client's mechanisms.
 * @throws SaslError `SASL_BAD_MECHANISM` when two bear one name, or a name is none.
 */
export function createSaslClient(mechanisms: readonly ClientMechanism[], options: SaslOptions = {}): SaslClient {
  const { nonce = freshNonce } = options
  const sorted = gather(mechanisms)
  return {
    begin(announced, channel, passedOver = new Set()) {
      const offered = new Set<string>()
      for (const name of announced) offered.add(asciiUpper(name))
      const chosen = sorted.find(
        (one) => offered.has(one.name) && !passedOver.has(one.name) && one.available(channel, offered),
      )
      return chosen && new ScriptClientExchange(chosen, { channel, offered, nonce })
    },
  }
}
