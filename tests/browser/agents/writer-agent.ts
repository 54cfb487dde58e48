import { defineAgent } from '@parley/agent-kit';

const text = `## Budget

You have **1,200 €** left.

| item | planned | spent |
| --- | ---: | ---: |
| Travel | 1,500 € | 1,120 € |

1. The *hardware* line holds an order.
2. See [the rules](https://example.com/rules).

\`\`\`sql
SELECT item FROM budget; -- what is left
\`\`\`

<img src="https://example.com/tracker.png"> ![a picture](https://example.com/picture.png)
`;

/** Answers with a sample of every Markdown element. */
export default defineAgent({
  name: 'Writer',
  description: 'Writes tables, lists and code',
  capabilities: ['tables', 'code'],
  keywords: ['writer', 'budget'],
  examples: ['What is left of my budget?'],
  onMessage: () => text,
});
