import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@angarium/source'] },
  ssr: { resolve: { conditions: ['@angarium/source'], externalConditions: ['@angarium/source'] } },
  test: {
    include: ['{packages,apps,examples}/*/{src,test}/**/*.test.ts', 'tooling/*/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tooling/interop/scenarios/**'],
    // Generous: a slow machine is not a fault, and no test measures time.
    testTimeout: 30_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**', 'apps/*/src/**'] },
  },
})
