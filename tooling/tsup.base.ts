import { defineConfig, type Options } from 'tsup'

/** One build shape for every package: ESM, declarations, source maps, one chunk per shared module. */
export const lib = (options: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node22',
    platform: 'node',
    dts: true,
    sourcemap: true,
    clean: true,
    treeshake: true,
    splitting: true,
    ...options,
  })
