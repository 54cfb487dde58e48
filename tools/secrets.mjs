/**
 * `npm run secrets`: makes the passwords and tokens that docker-compose.yml asks for, in the file .env of the root, which only
 * its owner may read. Existing values stay.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const names = ['RABBITMQ_PASSWORD', 'POSTGRES_PASSWORD', 'JOIN_TOKEN', 'ACCESS_TOKEN'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = process.argv[2] ?? join(root, '.env');

const old = existsSync(file) ? readFileSync(file, 'utf8') : '';
/** @param {string} text @param {string} name */
const valueIn = (text, name) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1];
const missing = names.filter((name) => valueIn(old, name) === undefined);
const lines = missing.map((name) => `${name}=${randomBytes(32).toString('hex')}\n`).join('');
const content = `${old}${old === '' || old.endsWith('\n') ? '' : '\n'}${lines}`;
writeFileSync(file, content, { mode: 0o600 });
// One that was there before may have been for others too.
chmodSync(file, 0o600);

console.log(missing.length === 0 ? `${file} has them all` : `${file}: made ${missing.join(', ')}`);
const port = valueIn(content, 'PORT') ?? '8080';
console.log(`after "docker compose up": http://localhost:${port}/?token=${valueIn(content, 'ACCESS_TOKEN')}`);
