import { newId } from '@parley/shared-models';
import type { RouteHandlers } from '../http/serve-routes.ts';
import { commandBytes } from '../limits/user-limits.ts';
import type { ServerServices } from '../server-services.ts';

/** One answer of `/output`. */
const OUTPUT_PAGE_BYTES = 256 * 1024;

export function commandRoutes({
  store: { commands },
  commandService: { operators },
  userLimits,
}: ServerServices) {
  return {
    async runCommand({ input, origin }) {
      await userLimits.charge(origin, commandBytes(input));
      return operators.run({ ...input, id: input.id ?? newId() }, origin);
    },
    commands: ({ input }) => commands.list(input),
    command: ({ params }) => operators.require(params.id),
    async commandOutput({ params: { id }, input: { afterSeq } }) {
      await operators.require(id);
      return commands.listOutput(id, { afterSeq, limitBytes: OUTPUT_PAGE_BYTES });
    },
    cancelCommand: ({ params, origin }) => operators.cancel(params.id, origin),
    approveCommand: ({ params, origin }) => operators.approve(params.id, origin),
    rejectCommand: ({ params, input, origin }) => operators.reject(params.id, input?.reason, origin),
  } satisfies Partial<RouteHandlers>;
}
