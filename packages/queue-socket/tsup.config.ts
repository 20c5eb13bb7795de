import { lib } from '../../tooling/tsup.base.ts'

export default lib()
