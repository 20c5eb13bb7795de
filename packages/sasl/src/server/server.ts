import type { Channel } from '../channel.ts'
import { freshNonce, gather, type SaslOptions } from '../gather.ts'
import { asciiUpper } from '../octets.ts'
import type { SaslServer, ServerMechanism } from './contract.ts'
import { ScriptExchange } from './exchange.ts'

/**
 * Gathers a server's mechanisms.
 * @throws SaslError `SASL_BAD_MECHANISM` when two bear one name, or a name is none.
 */
export function createSaslServer(mechanisms: readonly ServerMechanism[], options: SaslOptions = {}): SaslServer {
  const { nonce = freshNonce } = options
  const sorted = gather(mechanisms)
  const available = (channel: Channel) => sorted.filter((mechanism) => mechanism.available(channel))
  return {
    offer: (channel) => available(channel).map(({ name }) => name),
    begin(mechanism, channel) {
      const wanted = asciiUpper(mechanism)
      const here = available(channel)
      const found = here.find(({ name }) => name === wanted)
      return found && new ScriptExchange(found, { channel, offered: here.map(({ name }) => name), nonce })
    },
  }
}
