import './app/zod-without-eval.ts';
import { createClient, createHttpApi, localStorageAdapter } from '@parley/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './app/styles.ts';
import { App } from './app/app.tsx';
import { markdownRenderer } from './components/markdown.tsx';
import { createAppModel } from './model/app-model.ts';
import { browserStorage } from './model/browser-storage.ts';
import { LAST_SEEN_KEY } from './model/last-seen.ts';
import { keepSignInToken, takeTokenFromAddress } from './model/sign-in-token.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

const token = keepSignInToken(browserStorage(() => window.sessionStorage));
takeTokenFromAddress(token, window);
const { protocol, host } = window.location;
const client = createClient({
  url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws`,
  clientName: 'web',
  token: token.get,
  storage: localStorageAdapter(),
});
const model = createAppModel({
  client,
  http: createHttpApi({ token: token.get }),
  storage: browserStorage(() => window.localStorage),
  token,
});
model.start();
window.addEventListener('storage', ({ key }) => {
  if (key === LAST_SEEN_KEY) model.adoptLastSeen();
});

// While an input method composes text, its keys belong to the input method alone, wherever the focus is. Safari ends the
// composition before its Enter arrives; only the key code 229 shows that this Enter belonged to the composition.
window.addEventListener(
  'keydown',
  (event) => {
    if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  },
  { capture: true },
);

markdownRenderer.prepare();

createRoot(root).render(
  <StrictMode>
    <App model={model} />
  </StrictMode>,
);
