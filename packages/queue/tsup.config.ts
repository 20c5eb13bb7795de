import { lib } from '../../tooling/tsup.base.ts'

export default lib({ entry: ['src/index.ts', 'src/lifecycle.ts', 'src/compliance.ts', 'src/testing.ts'] })
