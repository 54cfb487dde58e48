import { MantineProvider } from '@mantine/core';
import { Link, Route, Switch } from 'wouter';
import { ErrorBoundary } from '../components/error-boundary.tsx';
import { Page } from '../components/page.tsx';
import { AgentsPage } from '../features/agents/agents-page.tsx';
import { ChatPage } from '../features/chat/chat-page.tsx';
import { SignedIn } from '../features/sign-in/sign-in-page.tsx';
import { SystemPage } from '../features/system/system-page.tsx';
import { EventsPage } from '../features/tasks/orders/events-page.tsx';
import { TaskPage } from '../features/tasks/task-page.tsx';
import { TasksPage } from '../features/tasks/tasks-page.tsx';
import type { AppModel } from '../model/app-model.ts';
import { AppModelProvider } from '../model/use-app-model.ts';
import { LazyPage, pageOnDemand } from './lazy-page.tsx';
import { Shell } from './shell.tsx';
import { colorSchemeManager, theme } from './theme.ts';

const commandsPage = pageOnDemand(
  async () => (await import('../features/commands/commands-page.tsx')).CommandsPage,
);

/**
 * `withCssVariables` and `withGlobalClasses` are off because Mantine would write <style> elements for them, which a
 * strict content security policy forbids; tokens.css has the variables, and no component needs the classes.
 */
export function App({ model }: { model: AppModel }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <AppModelProvider value={model}>
        <SignedIn>
          <Shell>
            <ErrorBoundary>
              <Switch>
                <Route path="/">
                  <ChatPage conversationId={undefined} />
                </Route>
                <Route path="/c/:id">{({ id }) => <ChatPage conversationId={id} />}</Route>
                <Route path="/agents" component={AgentsPage} />
                <Route path="/tasks" component={TasksPage} />
                <Route path="/tasks/:id">{({ id }) => <TaskPage key={id} id={id} />}</Route>
                <Route path="/events/:id">{({ id }) => <EventsPage key={id} correlationId={id} />}</Route>
                <Route path="/commands/:id?">
                  {({ id }) => <LazyPage page={commandsPage} props={{ id }} />}
                </Route>
                <Route path="/system" component={SystemPage} />
                <Route component={NotFoundPage} />
              </Switch>
            </ErrorBoundary>
          </Shell>
        </SignedIn>
      </AppModelProvider>
    </MantineProvider>
  );
}

function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <Link href="/">Go to the chat</Link>
    </Page>
  );
}
