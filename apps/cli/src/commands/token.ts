import { Role } from '@parley/shared-models';
import { Command, Option } from 'commander';
import { SignJWT } from 'jose';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import { numberFrom } from '../number-option.ts';
import { print } from '../output.ts';

const SECRET_LENGTH = 32;

interface TokenOptions {
  readonly sub: string;
  readonly name?: string;
  readonly roles: readonly string[];
  readonly hours: number;
  readonly issuer?: string;
  readonly audience?: string;
}

/** `parley token`: a token from `AUTH_SECRET`, for development and for who has no sign-in service. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('Makes a token for signing in, from the AUTH_SECRET in the environment.')
    .requiredOption('--sub <id>', 'whom it is for: the id that their conversations belong to')
    .option('--name <name>', 'how others see them (default: the id)')
    .addOption(new Option('--roles <roles...>', 'what they may do').choices(Role.options).default(['member']))
    .option('--hours <hours>', 'how long it is valid', numberFrom(0.01, 8784), 12)
    .addOption(new Option('--issuer <issuer>', 'who makes it').env('AUTH_ISSUER'))
    .addOption(new Option('--audience <audience>', 'what it is made for').env('AUTH_AUDIENCE'))
    .action(async (options: TokenOptions) => {
      print(await sign(options, process.env.AUTH_SECRET ?? ''));
    });
}

function sign({ sub, name, roles, hours, issuer, audience }: TokenOptions, secret: string): Promise<string> {
  if (secret.length < SECRET_LENGTH) {
    throw new CommandFailure(
      EXIT.usage,
      `Set AUTH_SECRET to the server's own, of at least ${SECRET_LENGTH} characters.`,
    );
  }
  const token = new SignJWT({ roles: [...roles], ...(name === undefined ? {} : { name }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000 + hours * 3600));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}
