import { Page } from '../../components/page.tsx';
import { Orders } from './orders/orders.tsx';
import { TaskList } from './task-list.tsx';

/** Long tasks and orders: what is going on, and what came of it. */
export function TasksPage() {
  return (
    <Page title="Tasks">
      <TaskList />
      <Orders />
    </Page>
  );
}
