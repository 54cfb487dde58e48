import { config } from 'zod';

// zod compiles its parsers with `new Function` where that is allowed. The content security policy forbids it, and even
// asking is reported as a violation. This must come before the first schema is made: imported first in main.tsx.
config({ jitless: true });
