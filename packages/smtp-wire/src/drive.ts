export type * from './drive/transport.ts'
