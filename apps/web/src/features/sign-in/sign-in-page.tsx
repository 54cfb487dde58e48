import { Button, PasswordInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './sign-in-page.module.css';

/** Shows the app, or the sign-in page until the server accepts the token. When a token expires, the app returns after sign-in. */
export function SignedIn({ children }: { children: ReactNode }) {
  const connection = useAppState((state) => state.connection);
  const isRefused = connection.state === 'closed' && connection.reason === 'unauthenticated';
  const [isNeeded, setIsNeeded] = useState(isRefused);
  // Not while the next token is being tried: the app behind would appear for a moment.
  if (isRefused && !isNeeded) setIsNeeded(true);
  if (connection.state === 'open' && isNeeded) setIsNeeded(false);
  return isNeeded ? <SignInPage /> : children;
}

/** Asks for a token and connects with it. */
function SignInPage() {
  const model = useAppModel();
  const [token, setToken] = useState('');
  const isBusy = useAppState(({ connection }) => connection.state === 'connecting');
  const refusal = useAppState(({ connection }) =>
    connection.state === 'closed' && model.hasToken() ? (connection.message ?? 'It was refused.') : undefined,
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (token.trim() !== '') model.signIn(token.trim());
  }

  return (
    <main className={classes.page} id="main" aria-labelledby="page-title">
      <form className={classes.form} onSubmit={submit}>
        <h1 id="page-title">Sign in to Parley</h1>
        <p className={classes.lead}>
          This server wants to know who you are. Paste the token that you were given; it is kept until you
          close this tab.
        </p>
        <PasswordInput
          label="Token"
          value={token}
          onChange={({ currentTarget }) => setToken(currentTarget.value)}
          error={refusal}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }}
        />
        <Button type="submit" loading={isBusy} fullWidth>
          Sign in
        </Button>
        <p className={classes.hint}>
          No token? Ask whoever runs this server. They can make one with <code>npx parley token</code>.
        </p>
      </form>
    </main>
  );
}
