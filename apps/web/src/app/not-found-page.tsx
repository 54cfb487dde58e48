import { Link } from 'wouter';
import { Page } from '../components/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <Link href="/">Go to the chat</Link>
    </Page>
  );
}
