/** Preloaded by a test: when the process ends, it writes which packages were loaded, as JSON, to the file in LOADED_FILE. */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** @type {Set<string>} */
const packages = new Set();
registerHooks({
  load(url, context, next) {
    const name =
      /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ??
      /\/((?:libs|apps)\/[^/]+)\//.exec(url);
    if (name?.[1] !== undefined) packages.add(name[1]);
    return next(url, context);
  },
});
process.on('exit', () => {
  if (process.env.LOADED_FILE !== undefined)
    writeFileSync(process.env.LOADED_FILE, JSON.stringify([...packages]));
});
