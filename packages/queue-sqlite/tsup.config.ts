import { lib } from '../../tooling/tsup.base.ts'

// `node:sqlite` exists only under its full name, which tsup would shorten.
export default lib({ entry: ['src/index.ts', 'src/worker.ts', 'src/reader.ts'], removeNodeProtocol: false })
