import type { MechanismSetup } from '../src/compliance.ts'
import {
  anonymousClient,
  anonymousServer,
  type Channel,
  type ClientMechanism,
  cramMd5Client,
  cramMd5Server,
  createRecord,
  externalClient,
  externalServer,
  loginClient,
  loginServer,
  type Need,
  type NeedAnswer,
  oauthBearerClient,
  oauthBearerServer,
  plainClient,
  plainServer,
  type ScramHash,
  Secret,
  type ServerMechanism,
  scramClients,
  scramServers,
  verifierOf,
  xoauth2Client,
  xoauth2Server,
} from '../src/index.ts'
import { must } from './rig.ts'

const channel: Channel = {
  encrypted: true,
  clientIdentity: 'ada',
  bindings: { 'tls-exporter': new Uint8Array(32).fill(7) },
}
const password = new Secret('correct horse, battery = staple')
const right = { authcid: 'ada', password }
const wrong = { authcid: 'ada', password: new Secret('correct horse, battery = stable') }
const token = { authzid: 'ada', token: new Secret('vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==') }
const wrongToken = { authzid: 'ada', token: new Secret('vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=') }

const hashes: readonly ScramHash[] = ['SHA-1', 'SHA-256', 'SHA-512']
const records = hashes.map((hash) => createRecord(password, { kind: 'scram', hash, iterations: 4096 }))

/** Knows Ada, by any mechanism. */
function answer(need: Need): NeedAnswer {
  switch (need.kind) {
    case 'password':
      return need.authcid === 'ada' && need.password.reveal() === password.reveal() ? 'accepted' : 'refused'
    case 'verifier':
      return need.authcid === 'ada' ? verifierOf(records, need.hash) : 'unknown'
    case 'secret':
      return need.authcid === 'ada' ? password : 'unknown'
    case 'token':
      return need.token.reveal() === token.token.reveal()
        ? { authcid: 'ada' }
        : { refused: { status: 'invalid_token', scope: 'smtp' } }
    case 'anonymous':
      return { authcid: 'guest' }
    case 'authorization':
      return 'refused'
  }
}

const setup = (
  server: ServerMechanism,
  client: ClientMechanism,
  wrongClient?: ClientMechanism,
  authcid = 'ada',
): MechanismSetup => ({
  server,
  client,
  ...(wrongClient !== undefined && { wrongClient }),
  channel,
  identity: { authcid, authzid: authcid },
  answer,
  secrets: [right, wrong].map((one) => one.password.reveal()).concat(token.token.reveal()),
})

const settings = { decoySecret: new Secret('sixteen octets or more') }
const scram = hashes.flatMap((hash) =>
  scramServers(hash, settings).map((server) => {
    const named = (all: readonly ClientMechanism[]) => must(all.find(({ name }) => name === server.name))
    return setup(server, named(scramClients(hash, right)), named(scramClients(hash, wrong)))
  }),
)

/** Every mechanism, with what it takes to log in by it. */
export const setups: readonly MechanismSetup[] = [
  setup(plainServer(), plainClient(right), plainClient(wrong)),
  setup(loginServer(), loginClient(right), loginClient(wrong)),
  setup(cramMd5Server('mx.example.org'), cramMd5Client(right), cramMd5Client(wrong)),
  ...scram,
  setup(oauthBearerServer(), oauthBearerClient(token), oauthBearerClient(wrongToken)),
  setup(xoauth2Server(), xoauth2Client(token), xoauth2Client(wrongToken)),
  setup(externalServer(), externalClient()),
  setup(anonymousServer(), anonymousClient('sirhc'), undefined, 'guest'),
]
