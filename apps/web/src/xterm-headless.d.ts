/** The package's `module` entry names a missing file, so the existing file is imported by its path. */
declare module '@xterm/headless/lib-headless/xterm-headless.mjs' {
  export * from '@xterm/headless';
}
