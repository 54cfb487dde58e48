import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes the file, and its folder, if they are not there, for this user alone: messages and keys lie in it. SQLite
 * gives the files that it puts beside it the same permissions. @throws the file system's error
 */
export function makePrivateFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}
