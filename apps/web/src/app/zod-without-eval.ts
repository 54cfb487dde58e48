import { config } from 'zod';

// zod compiles its parsers with `new Function` where that is allowed. The content security policy forbids it, and even
// the attempt is reported as a violation. main.tsx imports this file first, before any schema is made.
config({ jitless: true });
