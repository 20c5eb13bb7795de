import { lib } from '../../tooling/tsup.base.ts'

export default lib({ entry: ['src/main.ts', 'src/password-worker.ts'], dts: false })
