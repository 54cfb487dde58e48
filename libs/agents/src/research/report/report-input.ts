import { z } from 'zod';
import { ResearchRequest } from '../request/research-request.ts';

/** Input of the aggregating step: the report's subject. */
export const ReportInput = z.object({
  title: z.string(),
  request: ResearchRequest,
  /** The reader of the request: rules or a model. */
  by: z.string(),
  remark: z.string(),
});
export type ReportInput = z.infer<typeof ReportInput>;
