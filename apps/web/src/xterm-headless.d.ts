/** The package's `module` entry names a file that it does not have, so the file that it has is imported by its path. */
declare module '@xterm/headless/lib-headless/xterm-headless.mjs' {
  export * from '@xterm/headless';
}
