import {
  IconActivityHeartbeat,
  IconListCheck,
  IconMessage2,
  IconRobotFace,
  IconTerminal2,
} from '../components/icons.ts';
import type { Page } from './pages.ts';

const icons = {
  chat: IconMessage2,
  agents: IconRobotFace,
  commands: IconTerminal2,
  tasks: IconListCheck,
  system: IconActivityHeartbeat,
};

export function PageIcon({ page }: { page: Page }) {
  const Icon = icons[page.id];
  return <Icon size={16} stroke={1.75} aria-hidden="true" />;
}
