import { lib } from '../../tooling/tsup.base.ts'

export default lib({ entry: ['src/main.ts'], dts: false })
