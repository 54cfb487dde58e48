import { localStorageColorSchemeManager } from '@mantine/core';

/** The same key as in public/color-scheme.js, which sets the scheme before the first paint. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'parley.color-scheme' });
