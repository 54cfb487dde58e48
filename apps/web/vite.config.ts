import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** Where the development server finds the API. */
const server = process.env.SERVER_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: false,
    proxy: {
      // The origin is rewritten too: the server only lets its own pages in.
      '/ws': { target: server, ws: true, changeOrigin: true, rewriteWsOrigin: true },
      '/api': { target: server, changeOrigin: true },
      '/health': { target: server, changeOrigin: true },
    },
  },
  // Read one by one as they are: bundling each icon anew would reload the page during development.
  optimizeDeps: { exclude: ['@tabler/icons-react'] },
  worker: { format: 'es' },
  // What is drawn in a worker must not ask the page's document for what an entity means.
  resolve: { conditions: ['worker', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    // Small assets inlined as data: URLs would need a laxer content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What seldom changes stays in the browser's cache when the app does.
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
