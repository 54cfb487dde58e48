export { createInMemoryHandlers, type InMemoryHandlers } from './in-memory-handlers.ts';
export { type RecordingLogger, recordingLogger } from './recording-logger.ts';
