/**
 * What a server process needs around its work: a configuration file that explains its mistakes, logs, an orderly end,
 * and a socket for its administrator. Knows nothing of mail.
 *
 * @packageDocumentation
 */
export * from './admin/client.ts'
export * from './admin/server.ts'
export * from './config/duration.ts'
export * from './config/load.ts'
export type { Problem } from './config/problem.ts'
export { problemLine } from './config/problem.ts'
export * from './config/secret.ts'
export * from './config/size.ts'
export * from './error.ts'
export * from './lifecycle/exit-codes.ts'
export * from './lifecycle/run.ts'
export * from './log/logger.ts'
