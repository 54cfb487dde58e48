import { z } from 'zod';
import { ResearchRequest } from '../request/research-request.ts';

/** What the aggregating step gets: what the report is about. */
export const ReportInput = z.object({
  title: z.string(),
  request: ResearchRequest,
  /** Who has read the request. */
  by: z.string(),
  remark: z.string(),
});
export type ReportInput = z.infer<typeof ReportInput>;
