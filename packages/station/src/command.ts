/** The command line of a server: its programs, the configuration file, and `serve`. */
export * from './command/config-file.ts'
export * from './command/console.ts'
export * from './command/program.ts'
export * from './command/serve.ts'
