import type { PolicyStage } from '@angarium/reception'
import { type Refusal, reply } from '@angarium/smtp-wire'
import type { StationStore } from './store.ts'

/** Takes no mail that the store has no room for: better said before the content is sent than after. @rfc 5321 4.2.5 */
export function createRoomPolicy(store: StationStore): PolicyStage {
  return { name: 'room', mail: () => (store.full === true ? noRoom : 'proceed') }
}

const noRoom: Refusal = reply(452, '3.1', 'No room for mail now; come again')
