// Who may import whom. The table is the architecture; everything below turns it into dependency-cruiser rules.

/** Package folder: the packages its sources may import. A package that is not listed here may not exist. */
const mayImport = {
  'imf-parser': [],
  'smtp-wire': [],
  sasl: [],
  'dns-client': [],
  host: [],
  'esmtp-extensions': ['smtp-wire', 'sasl'],
  dsn: ['imf-parser', 'smtp-wire'],
  'mta-sts': ['dns-client'],
  dane: ['dns-client'],
  tlsrpt: ['dns-client', 'imf-parser'],
  queue: ['smtp-wire'],
  'queue-socket': ['queue'],
  'queue-sqlite': ['queue'],
  'queue-postgres': ['queue'],
  'smtp-node': ['smtp-wire'],
  reception: ['smtp-wire', 'esmtp-extensions', 'sasl', 'imf-parser', 'queue', 'dns-client'],
  delivery: [
    'smtp-wire',
    'esmtp-extensions',
    'sasl',
    'imf-parser',
    'dsn',
    'queue',
    'dns-client',
    'dane',
    'mta-sts',
    'tlsrpt',
  ],
  // What the apps are both made of; stores and drivers are handed in here as everywhere.
  station: ['smtp-wire', 'esmtp-extensions', 'queue', 'reception', 'delivery', 'dns-client', 'host'],
}

/** Packages that run anywhere: no `node:` module, except those named (a pattern over the importing file or the module). */
const pure = {
  'imf-parser': {},
  'smtp-wire': {},
  'esmtp-extensions': {},
  dsn: {},
  'mta-sts': {},
  tlsrpt: {},
  queue: {},
  reception: {},
  delivery: {},
  // Its sockets live behind `./node`.
  'dns-client': { exceptFrom: '^packages/dns-client/src/node(/|\\.ts$)', libraries: true },
  sasl: { exceptModule: '^(node:)?crypto$' },
  dane: { exceptModule: '^(node:)?crypto$' },
}

const any = (names) => names.join('|')
const tests = '\\.test\\.ts$'
const packages = Object.keys(mayImport)

const direction = packages.map((name) => ({
  name: `${name}-may-import`,
  comment: `${name} may import ${mayImport[name].join(', ') || 'no other package'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: tests },
  to: { path: '^(packages|apps)/', pathNot: `^packages/(${any([name, ...mayImport[name]])})/` },
}))

const purity = Object.entries(pure).flatMap(([name, { exceptFrom, exceptModule, libraries }]) => [
  {
    name: `${name}-is-pure`,
    comment: 'this package gets its I/O, clock and randomness handed in',
    severity: 'error',
    from: { path: `^packages/${name}/src/`, pathNot: [tests, ...(exceptFrom ? [exceptFrom] : [])] },
    to: { dependencyTypes: ['core'], ...(exceptModule && { pathNot: exceptModule }) },
  },
  ...(libraries
    ? []
    : [
        {
          name: `${name}-has-no-dependency`,
          comment: 'a pure package depends on nothing from outside this workspace',
          severity: 'error',
          from: { path: `^packages/${name}/src/`, pathNot: tests },
          to: { path: '(^|/)node_modules/' },
        },
      ]),
])

module.exports = {
  forbidden: [
    {
      name: 'resolvable',
      comment: 'an import that cannot be followed would pass every other rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    ...direction,
    ...purity,
    {
      name: 'in-the-table',
      comment: 'a new package first gets its line in tooling/checks/import-direction.cjs',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${any(packages)})/` },
      to: {},
    },
    {
      name: 'no-package-imports-an-app',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-stand-alone',
      comment: 'apps share packages, not code of each other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-deep-import',
      comment: 'import another member by its name and an exported subpath',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'declared',
      comment: 'what is imported stands in the package.json of the importer',
      severity: 'error',
      from: { path: '^(packages|apps)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-test-tool-in-sources',
      comment: 'a devDependency is not there when the package is installed',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  mayImport,
  pure,
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    exclude: { path: '(^|/)(dist|etc|coverage)/|tsup\\.config\\.ts$' },
    // Without the condition the workspace's own imports lead to `dist`, or nowhere, and no rule would see them.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@angarium/source', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
}
