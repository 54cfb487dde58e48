import { ActionIcon, useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { IconKeyboard, IconLogout, IconMoon, IconSun } from '../components/icons.ts';
import { useNow } from '../components/use-now.ts';
import { useAppModel, useAppState } from '../model/use-app-model.ts';
import { connectionText } from './connection-text.ts';
import { PageIcon } from './page-icon.tsx';
import { pages } from './pages.ts';
import classes from './status-bar.module.css';

/** The bar at the foot of every page: links to the pages, and the state of the connection and the server. */
export function StatusBar({ onShowShortcuts }: { onShowShortcuts: () => void }) {
  const [location] = useLocation();
  return (
    <footer className={classes.bar}>
      <nav className={classes.nav} aria-label="Pages">
        {pages.map((page) => (
          <Link
            key={page.id}
            href={page.path}
            className={classes.link}
            aria-current={page.owns(location) ? 'page' : undefined}
          >
            <PageIcon page={page} />
            {page.label}
            {page.id === 'commands' ? <AwaitingApproval /> : null}
          </Link>
        ))}
      </nav>
      <ServerFacts />
      <div className={classes.tools}>
        <SignOut />
        <ActionIcon
          className={classes.wideOnly}
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={onShowShortcuts}
        >
          <IconKeyboard size={17} stroke={1.75} />
        </ActionIcon>
        <ColorSchemeToggle />
      </div>
    </footer>
  );
}

/** The number of commands that wait for approval; hidden when it is 0. */
function AwaitingApproval() {
  const count = useAppState(
    ({ commands }) => Object.values(commands).filter(({ state }) => state === 'awaiting_approval').length,
  );
  if (count === 0) return null;
  return (
    <span className={classes.badge}>
      {count}
      <VisuallyHidden> {count === 1 ? 'waits' : 'wait'} for approval</VisuallyHidden>
    </span>
  );
}

function ServerFacts() {
  const connection = useAppState((state) => state.connection);
  const queue = useAppState(({ welcome }) => welcome?.queue);
  const languageModel = useAppState(({ welcome }) => welcome?.languageModel);
  const now = useNow(1000);
  const { short, tone } = connectionText(connection, now);
  return (
    <p className={classes.facts}>
      <span className={classes.connection} data-tone={tone}>
        <span className={classes.dot} aria-hidden="true" />
        {short}
      </span>
      {queue === undefined ? null : (
        <span className={classes.fact}>{queue === 'rabbitmq' ? 'RabbitMQ' : 'embedded queue'}</span>
      )}
      {languageModel === undefined ? null : <span className={classes.fact}>{languageModel}</span>}
    </p>
  );
}

/** Hidden when the server needs no sign-in. */
function SignOut() {
  const model = useAppModel();
  const name = useAppState(({ welcome }) => welcome?.user.name);
  if (name === undefined || !model.hasToken()) return null;
  const label = `Sign out ${name}`;
  return (
    <ActionIcon aria-label={label} title={label} onClick={model.signOut}>
      <IconLogout size={17} stroke={1.75} />
    </ActionIcon>
  );
}

function ColorSchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      aria-label={`Use ${next} colours`}
      title={`Use ${next} colours`}
      onClick={() => setColorScheme(next)}
    >
      {scheme === 'dark' ? <IconSun size={17} stroke={1.75} /> : <IconMoon size={17} stroke={1.75} />}
    </ActionIcon>
  );
}
