import { Link } from 'wouter';
import { EmptyList } from '../components/list-state.tsx';

export function NotFoundPage() {
  return (
    <main id="main" tabIndex={-1}>
      <EmptyList title="There is no such page" action={<Link href="/">Go to the chat</Link>} />
    </main>
  );
}
