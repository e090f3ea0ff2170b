// Floors: an import goes down only, everyone may use kit, and a room is entered through its index.ts only.
const below = {
  kit: [],
  oci: [],
  api: ['oci'],
  host: [],
  telemetry: [],
  doctor: [],
  store: ['oci'],
  registry: ['api', 'oci'],
  snapshot: ['oci', 'host', 'store'],
  logs: ['api', 'host', 'store'],
  runtime: ['oci', 'host'],
  plugin: [],
  volume: ['api', 'oci', 'host', 'store', 'plugin'],
  network: ['api', 'oci', 'host', 'store'],
  image: ['api', 'oci', 'host', 'store', 'registry', 'snapshot'],
  container: ['api', 'oci', 'host', 'store', 'snapshot', 'logs', 'runtime', 'volume', 'network', 'image'],
  build: ['api', 'oci', 'host', 'store', 'registry', 'snapshot', 'runtime', 'network', 'image'],
  server: [
    'build',
    'api',
    'oci',
    'host',
    'registry',
    'logs',
    'plugin',
    'volume',
    'network',
    'image',
    'container',
    'telemetry',
    'doctor',
  ],
  client: ['api'],
  // `manifest` speaks to registries itself, without an engine.
  cli: ['api', 'oci', 'client', 'doctor', 'registry'],
};
const rooms = Object.keys(below).join('|');
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'rooms-have-one-door',
      comment: 'Enter a room through its index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: `^src/(${rooms})/`,
        pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/api/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'kernel-only-through-host',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/host/' },
      to: { path: '^bun:ffi$' },
    },
    {
      name: 'database-only-through-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/' },
      to: { path: '^bun:sqlite$' },
    },
    ...Object.entries(below).map(([room, allowed]) => ({
      name: `floor-of-${room}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: {
        path: `^src/(${rooms})/`,
        pathNot: `^src/(${['kit', room, ...allowed].join('|')})/`,
      },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
