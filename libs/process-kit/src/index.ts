export * from './lifecycle.ts';
export * from './load-config.ts';
export * from './logger.ts';
export * from './redact-urls.ts';
export * from './settings.ts';
export * from './tls-settings.ts';
export * from './warn-of-open-folder.ts';
