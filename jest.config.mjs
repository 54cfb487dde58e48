/** Native ESM: in CommonJS mode libraries that ship only ES modules fail to load. */
export default {
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/{apps,eval,libs,tests}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  testEnvironment: 'node',
  ...(process.env.FC_RUNS === undefined
    ? {}
    : { setupFiles: ['<rootDir>/tools/test/set-property-runs.mjs'] }),
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  // Tests that start processes wait for them; on a machine that does other things too, that takes a while.
  testTimeout: 120_000,
};
