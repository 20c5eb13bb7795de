export * from './address/domain.ts'
