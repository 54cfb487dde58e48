import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { canTellAccounts, watchPeers } from '@parley/process-kit/peer-accounts';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/** The address of the API for the development server. */
const server = process.env.SERVER_URL ?? 'http://127.0.0.1:8080';

const peers = watchPeers((error) => process.emitWarning(`accounts cannot be told apart here: ${error}`));

/**
 * Whether the server would answer this request if it was sent to it directly. A proxied request comes from this process
 * with the server's own origin, which the server accepts. So the connecting process must belong to this account, and the
 * page must come from this address.
 */
async function isFromOwnPage({ headers, socket }: IncomingMessage): Promise<boolean> {
  const { host = '', origin } = headers;
  if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  // Where accounts cannot be determined here, the server cannot determine them either, and requires the access token.
  return (await peers.of(socket)) === 'own' || !(await canTellAccounts());
}

const handedOn = {
  target: server,
  changeOrigin: true,
  headers: { origin: new URL(server).origin },
  bypass: async (request: IncomingMessage) => ((await isFromOwnPage(request)) ? undefined : false),
} as const;

const COMPRESSIBLE = /\.(?:js|css|html|svg|json)$/;

/** Writes `x.br` and `x.gz` beside each built file: slow compression is done once here, not by the server. */
function compressed(): Plugin {
  let folder = '';
  async function compress(file: string): Promise<void> {
    const text = await readFile(file);
    const [br, gz] = await Promise.all([
      promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }),
      promisify(gzip)(text, { level: 9 }),
    ]);
    await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
  }
  return {
    name: 'parley-compressed',
    apply: 'build',
    configResolved(config) {
      folder = path.resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const files = await readdir(folder, { recursive: true });
      await Promise.all(
        files.filter((name) => COMPRESSIBLE.test(name)).map((name) => compress(path.join(folder, name))),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: false,
    proxy: {
      '/ws': { ...handedOn, ws: true, rewriteWsOrigin: true },
      '/api': handedOn,
      '/health': handedOn,
    },
  },
  // Served one by one: bundling each newly used icon would reload the page during development.
  optimizeDeps: { exclude: ['@tabler/icons-react'] },
  worker: { format: 'es' },
  // A worker has no document, so its packages must not use the document to decode entities.
  resolve: { conditions: ['worker', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    // Small assets inlined as data: URLs would need a laxer content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Packages that seldom change stay in the browser's cache when the app changes.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'mantine', test: /node_modules\/(@mantine|@floating-ui)\// },
          ],
        },
      },
    },
  },
});
