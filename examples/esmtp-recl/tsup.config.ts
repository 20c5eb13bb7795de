import { lib } from '../../tooling/tsup.base.ts'

export default lib({ entry: ['src/index.ts', 'src/mta.ts'] })
