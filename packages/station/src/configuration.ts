/** Settings that every server has, and what must not stand together in them. */
export * from './configuration/contradictions.ts'
export { keywords } from './configuration/keywords.ts'
export * from './configuration/schema.ts'
export * as sections from './configuration/sections.ts'
export * from './configuration/settings.ts'
export * from './configuration/tls-files.ts'
export * as values from './configuration/values.ts'
