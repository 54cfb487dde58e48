import './app/zod-without-eval.ts';
import { createClient, createHttpApi, localStorageAdapter } from '@parley/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './app/styles.ts';
import { App } from './app/app.tsx';
import { markdownRenderer } from './components/markdown.tsx';
import { browserStorage } from './session/browser-storage.ts';
import { LAST_SEEN_KEY } from './session/last-seen.ts';
import { createSession } from './session/session.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

const { protocol, host } = window.location;
const client = createClient({
  url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws`,
  clientName: 'web',
  storage: localStorageAdapter(),
});
const session = createSession({
  client,
  http: createHttpApi(),
  storage: browserStorage(() => window.localStorage),
});
session.start();
window.addEventListener('storage', ({ key }) => {
  if (key === LAST_SEEN_KEY) session.adoptLastSeen();
});

markdownRenderer.prepare();

createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
